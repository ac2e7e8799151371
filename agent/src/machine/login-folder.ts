import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addressOf, type Login } from "@appos/shared/registries";
import { CommandFailed } from "./machine.ts";

/** File systems of Linux that lie in memory. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);
const places = () => [...(process.env.XDG_RUNTIME_DIR ? [process.env.XDG_RUNTIME_DIR] : []), "/dev/shm", "/run"];

/** What the folders of one agent are called, so that it finds those that it left behind. */
const prefixOf = (agentFolder: string) => `appos-login-${createHash("sha256").update(agentFolder).digest("hex").slice(0, 12)}-`;

/** Does something while a folder with a `config.json` for Docker's programs lies in memory, and is gone after it. */
export async function withLogins<T>(agentFolder: string, logins: readonly Login[], act: (dockerConfig: string) => Promise<T>): Promise<T> {
  const folder = await newFolder(prefixOf(agentFolder));
  try {
    await writeFile(join(folder, "config.json"), dockerConfig(logins), { mode: 0o600, flag: "wx" });
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what an agent of this folder has left behind that was killed. */
export async function removeLogins(agentFolder: string) {
  for (const place of places()) {
    const names = await readdir(place).catch(() => []);
    for (const name of names.filter((each) => each.startsWith(prefixOf(agentFolder)))) {
      await rm(join(place, name), { recursive: true, force: true });
    }
  }
}

export const dockerConfig = (logins: readonly Login[]) =>
  JSON.stringify({
    auths: Object.fromEntries(
      logins.map(({ host, username, password }) => [addressOf(host), { auth: Buffer.from(`${username}:${password}`).toString("base64") }]),
    ),
  });

async function newFolder(prefix: string) {
  for (const place of places()) {
    if (!(await isInMemory(place))) continue;
    const folder = await mkdtemp(join(place, prefix)).catch(() => undefined);
    if (folder) return folder;
  }
  const message = `A registry's login is not written to a disk, and this server has no folder in memory that the agent may write to. Mount a tmpfs at /dev/shm`;
  throw new CommandFailed(message, null, []);
}

const isInMemory = (place: string) =>
  statfs(place).then(
    ({ type }) => IN_MEMORY.has(type),
    () => false,
  );
