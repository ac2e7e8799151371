import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerView } from "@appos/shared/servers";
import { type Client, client } from "./client.ts";
import { atEnd } from "./ends.ts";
import { dist, folder, ports, until } from "./places.ts";
import { type Program, start } from "./program.ts";

export const administrator = { email: "ada@example.org", password: "correct horse battery" };

export const environment = (dataDir: string, agent: "auto" | "off", port = ports.appos) => ({
  APPOS_PORT: String(port),
  APPOS_DATA_DIR: dataDir,
  APPOS_LOCAL_AGENT: agent,
  INIT_MODE: "auto",
  SUPERUSER_EMAIL: administrator.email,
  SUPERUSER_PASSWORD: administrator.password,
});

/** The control plane that was built, with a data folder of its own, its administrator signed in. */
export async function appos({ agent = false, env = {} }: { agent?: boolean; env?: Record<string, string> } = {}) {
  const dataDir = folder("data");
  const url = `http://127.0.0.1:${ports.appos}`;
  const program = controlPlane(dataDir, agent ? "auto" : "off", undefined, env);
  await program.says(/AppOS answers at/);
  const admin = await signIn(url);
  if (agent) await until("server local is up", async () => (await local(admin))?.facts);
  return { url, dataDir, admin, pid: program.pid, agentPid: () => agentPid(dataDir), stop: () => program.stop() };
}

/** Starts the program itself; what its agent holds open ends with it. */
export function controlPlane(dataDir: string, agent: "auto" | "off", files?: number, env: Record<string, string> = {}): Program {
  const program = start(process.execPath, [join(dist, "control-plane/main.mjs")], {
    env: { ...environment(dataDir, agent), ...env },
    ...(files !== undefined && { files }),
  });
  atEnd(() => program.stop());
  return program;
}

export async function signIn(url: string): Promise<Client> {
  const { headers, text } = await client(url).send("POST", "/api/v1/auth/login", administrator);
  const cookie = headers["set-cookie"]?.[0]?.split(";")[0];
  if (!cookie) throw new Error(`Nobody could sign in: ${text}`);
  const admin = client(url, { cookie, origin: url });
  atEnd(admin.close);
  return admin;
}

async function local(admin: Client): Promise<ServerView | undefined> {
  const { items } = await admin.ask<{ items: ServerView[] }>("GET", "servers");
  return items.find(({ name, linked }) => name === "local" && linked);
}

function agentPid(dataDir: string): number {
  const file = join(dataDir, "agent/agent.pid");
  return existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : 0;
}
