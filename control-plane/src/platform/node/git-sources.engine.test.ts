import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allowedFrom, nothingAllowed } from "../../outbound/allowed.ts";
import { gitSources } from "./git-sources.ts";
import { checkedLookup, nodeOutbound } from "./outbound.ts";

const root = mkdtempSync(join(tmpdir(), "appos-git-test-"));
const canary = join(root, "canary");
const server = createServer(serve);
let url: URL;
const wanted = { wants: (path: string) => path.endsWith(".json"), fileBytes: 10_000, bytes: 100_000 };
const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-C", join(root, "work"), ...args], { stdio: "pipe" });

/** Git's own program behind http, as hosts run it. */
function serve(request: IncomingMessage, reply: ServerResponse) {
  const { pathname, search } = new URL(request.url!, "http://x");
  if (pathname.startsWith("/elsewhere.git")) return void reply.writeHead(302, { location: `${url.pathname}${search}` }).end();
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH!,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method!,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      ...(request.headers["content-encoding"] && { HTTP_CONTENT_ENCODING: String(request.headers["content-encoding"]) }),
    },
  });
  request.pipe(child.stdin);
  const parts: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => parts.push(chunk));
  child.on("close", () => {
    const answer = Buffer.concat(parts);
    const end = answer.indexOf("\r\n\r\n");
    const headers = Object.fromEntries(
      answer
        .subarray(0, end)
        .toString()
        .split("\r\n")
        .map((line) => line.split(/: (.*)/) as [string, string]),
    );
    const { Status = "200", ...rest } = headers as Record<string, string>;
    reply.writeHead(Number.parseInt(Status, 10), rest).end(answer.subarray(end + 4));
  });
}

function put(path: string, content: string) {
  const at = join(root, "work", path);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, content);
}

beforeAll(async () => {
  mkdirSync(join(root, "work"), { recursive: true });
  git("init", "-q", "-b", "main");
  put("apps/a/config.json", '{"a":1}');
  put("apps/big.json", "x".repeat(20_000));
  put("README.md", "r");
  put(".gitattributes", "*.json filter=evil diff=evil\n");
  put(".gitmodules", '[submodule "s"]\n\tpath = s\n\turl = ext::sh -c touch% ' + canary + "\n");
  symlinkSync("/etc/passwd", join(root, "work", "link.json"));
  git("add", "-A");
  git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},s`);
  git("commit", "-q", "-m", "one");
  git("branch", "other");
  execFileSync("git", ["clone", "-q", "--bare", join(root, "work"), join(root, "store.git")], { stdio: "pipe" });
  writeFileSync(join(root, "store.git/hooks/post-upload-pack"), `#!/bin/sh\ntouch ${canary}\n`, { mode: 0o755 });
  await new Promise<void>((go) => server.listen(0, "127.0.0.1", go));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/store.git`);
}, 60_000);
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true, force: true });
});

const allowed = allowedFrom("127.0.0.1,localhost");

test("plain files that are wanted are read; links, submodules and what is too large are not, and nothing is run", async () => {
  const { commit, files } = await gitSources(allowed).read(url, wanted);
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
  expect([...files!]).toEqual([["apps/a/config.json", '{"a":1}']]);
  expect(existsSync(canary)).toBe(false);
});

test("a repository that is where it was is not fetched again; another branch is", async () => {
  const { commit } = await gitSources(allowed).read(url, wanted);
  expect(await gitSources(allowed).read(url, { ...wanted, known: commit })).toEqual({ commit, files: null });
  expect((await gitSources(allowed).read(url, { ...wanted, branch: "other" })).files!.size).toBe(1);
});

test("what is not there, sends elsewhere or is another kind of address is refused with a sentence", async () => {
  const read = (address: string, more = {}) => gitSources(allowed).read(new URL(address, url), { ...wanted, ...more });
  await expect(read("/nothing.git")).rejects.toThrow(/no git repository/);
  await expect(read("/store.git", { branch: "gone" })).rejects.toThrow(/no branch gone/);
  await expect(read("/elsewhere.git")).rejects.toThrow(/moved|cannot be read/);
  await expect(read("file:///etc")).rejects.toThrow(/Only repositories at https/);
  await expect(read("http://127.0.0.1:1/x.git")).rejects.toThrow(/cannot be read/);
});

test("a name that leads to a private address is refused, by git and by the way out alike, and asked where it is allowed", async () => {
  const named = new URL(url);
  named.hostname = "localhost";
  await expect(gitSources(nothingAllowed).read(named, wanted)).rejects.toThrow(/leads to a private address/);
  await expect(nodeOutbound(nothingAllowed).ask(named, {}, AbortSignal.timeout(5_000))).rejects.toThrow(/leads to a private address/);
  expect((await gitSources(allowed).read(named, wanted)).files!.size).toBe(1);
  expect((await nodeOutbound(allowed).ask(new URL("/store.git/HEAD", named), {}, AbortSignal.timeout(5_000))).status).toBe(200);
  await new Promise<void>((done) =>
    checkedLookup(nothingAllowed)("localhost", {}, (error) => (expect(error?.message).toMatch(/private/), done())),
  );
});
