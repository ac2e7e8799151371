import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressProblem, type Allowed, hostOf, WAY_OUT } from "../../outbound/allowed.ts";
import { addressOf } from "@appos/shared/addresses";
import { OutboundFailed } from "../../outbound/failure.ts";
import type { GitSources } from "../../ports.ts";
import { blobsOf, listedFiles } from "./git-objects.ts";

const TIME_MS = 120_000;
/** Of what is fetched. */
const FETCHED_BYTES = 512 * 1024 ** 2;
const ANSWER_BYTES = 96 * 1024 ** 2;
const LOOK_MS = 500;

/**
 * Reads git repositories over https: into a bare copy that is thrown away, from which files are read as objects. Nothing is checked out, so there
 * are no links, no filters, no submodules and no hooks.
 */
export function gitSources(allowed: Allowed): GitSources {
  return {
    async read(url, { branch, known, wants, fileBytes, bytes }) {
      const folder = await mkdtemp(join(tmpdir(), "appos-git-"));
      try {
        const git = program(folder, await hardened(url, allowed));
        const commit = commitIn(
          await git(["ls-remote", "--quiet", "--", url.href, branch === undefined ? "HEAD" : `refs/heads/${branch}`]),
          url,
          branch,
        );
        if (commit === known) return { commit, files: null };
        const from = branch === undefined ? [] : ["--branch", branch];
        await git(["clone", "--quiet", "--bare", "--depth", "1", "--single-branch", "--no-tags", ...from, "--", url.href, "copy"], {
          watch: join(folder, "copy"),
        });
        const at = ["--git-dir", "copy"];
        const files = listedFiles(await git([...at, "ls-tree", "-r", "-z", "-l", "HEAD"])).filter(
          (file) => file.bytes <= fileBytes && wants(file.path),
        );
        if (files.reduce((sum, file) => sum + file.bytes, 0) > bytes)
          throw new OutboundFailed(`The repository at ${url.host} holds too much to read.`);
        const objects = blobsOf(await git([...at, "cat-file", "--batch"], { input: files.map(({ id }) => `${id}\n`).join("") }));
        const decoder = new TextDecoder();
        const found = new Map(files.flatMap(({ path, id }) => (objects.has(id) ? [[path, decoder.decode(objects.get(id))] as const] : [])));
        return { commit: (await git([...at, "rev-parse", "HEAD"])).toString().trim() || commit, files: found };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Settings that a repository cannot change, with the host at an address that was checked. */
async function hardened(url: URL, allowed: Allowed): Promise<string[]> {
  if (!/^https?:$/.test(url.protocol)) throw new OutboundFailed("Only repositories at https:// are read.");
  const host = hostOf(url);
  const settings = {
    "core.hooksPath": "/dev/null",
    "core.symlinks": "false",
    "core.fsmonitor": "false",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    // Only hosts that were named get this far without encryption.
    ...(url.protocol === "http:" && { "protocol.http.allow": "always" }),
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "credential.helper": "",
    "submodule.recurse": "false",
    "transfer.bundleURI": "false",
    "gc.auto": "0",
  };
  const pinned = addressOf(host) === undefined ? [await resolved(host, url, allowed)] : [];
  return [...Object.entries(settings).map(([name, value]) => `${name}=${value}`), ...pinned.map((place) => `http.curloptResolve=${place}`)];
}

async function resolved(host: string, url: URL, allowed: Allowed): Promise<string> {
  const addresses = await lookup(host, { all: true }).catch(() => {
    throw new OutboundFailed(`There is no address for ${host}. Look at its name, and at this machine's DNS.`);
  });
  const problem = addressProblem(
    host,
    addresses.map(({ address }) => address),
    allowed,
  );
  if (problem !== undefined) throw new OutboundFailed(`${problem}, so AppOS does not ask it. ${WAY_OUT}`);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return `${url.hostname}:${port}:${addresses.map(({ address, family }) => (family === 6 ? `[${address}]` : address)).join(",")}`;
}

interface Extra {
  input?: string;
  /** A folder that may not grow beyond what may be fetched. */
  watch?: string;
}

/** Git, with nothing of this process's environment. */
function program(folder: string, settings: string[]) {
  const { PATH = "/usr/bin:/bin" } = process.env;
  const env = {
    PATH,
    HOME: folder,
    LANG: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ALLOW_PROTOCOL: settings.includes("protocol.http.allow=always") ? "http:https" : "https",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/false",
    GIT_NO_LAZY_FETCH: "1",
    GIT_LFS_SKIP_SMUDGE: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
  };
  const configured = settings.flatMap((setting) => ["-c", setting]);
  return async (args: string[], { input, watch }: Extra = {}): Promise<Buffer> => {
    const child = spawn("git", [...configured, ...args], { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"], detached: true });
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    };
    let why: string | undefined;
    const stop = (reason: string) => {
      why ??= reason;
      end();
    };
    const late = setTimeout(() => stop("The repository does not answer in time."), TIME_MS);
    const looks =
      watch === undefined
        ? undefined
        : setInterval(() => void sizeOf(watch).then((size) => size > FETCHED_BYTES && stop("The repository is too large.")), LOOK_MS);
    const said: Buffer[] = [];
    const complaint: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > ANSWER_BYTES) stop("The repository is too large.");
      else said.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => complaint.length < 64 && complaint.push(chunk));
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    try {
      const code = await new Promise<number | null>((closed, failed) => child.on("error", failed).on("close", closed));
      if (why !== undefined) throw new OutboundFailed(why);
      if (code !== 0) throw new OutboundFailed(explained(Buffer.concat(complaint).toString()));
      return Buffer.concat(said);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT")
        throw new OutboundFailed(
          "git is not installed on the machine that AppOS runs on. Install it, or give the address of an archive (.tar.gz or .zip).",
        );
      throw error;
    } finally {
      clearTimeout(late);
      clearInterval(looks);
    }
  };
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function commitIn(answer: Buffer, { host }: URL, branch: string | undefined): string {
  const commit = /^([0-9a-f]{40,64})\t/.exec(answer.toString())?.[1];
  if (commit !== undefined) return commit;
  throw new OutboundFailed(
    branch === undefined ? `The repository at ${host} is empty.` : `The repository at ${host} has no branch ${branch}.`,
  );
}

const reasons: [RegExp, string][] = [
  [/Authentication failed|could not read Username|403|401/, "The repository asks who is there. AppOS reads public ones only."],
  [/not found|404/i, "There is no git repository at this address."],
  [/unable to update url base from redirection|redirect/i, "The repository has moved to another address. Give that one."],
  [
    /dumb http transport does not support shallow/,
    "The host serves its repository as plain files. AppOS needs one that speaks git's own protocol.",
  ],
  [/Could not resolve host/, "The name of its host is not known."],
  [/certificate|SSL/i, "The certificate of its host cannot be trusted."],
  [/transport '.*' not allowed/, "Only repositories at https:// are read."],
];
/** Never in git's own words: they may hold what a host says. */
const explained = (complaint: string) => reasons.find(([words]) => words.test(complaint))?.[1] ?? "The repository cannot be read.";
