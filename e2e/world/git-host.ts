import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { atEnd } from "./ends.ts";
import { folder, port } from "./places.ts";

/** A host of git repositories over http, with git's own program behind it, and of plain files with what they are told apart by. */
export async function gitHost() {
  const root = folder("git");
  const at = await port();
  const files = new Map<string, string>();
  const asked: string[] = [];
  const server = createServer((request, reply) => {
    const { pathname } = new URL(request.url!, "http://x");
    const text = files.get(pathname);
    const etag = `"${text?.length}"`;
    if (text === undefined) return backend(root, request, reply);
    const known = request.headers["if-none-match"] === etag;
    asked.push(`${pathname} ${known ? 304 : 200}`);
    reply.writeHead(known ? 304 : 200, { etag, "content-type": "application/json" }).end(known ? undefined : text);
  });
  const begin = () => new Promise<void>((go) => server.listen(at, "127.0.0.1", go));
  const end = () =>
    new Promise<void>((gone) => {
      server.close(() => gone());
      server.closeAllConnections();
    });
  await begin();
  atEnd(async () => void (server.listening && (await end())));

  return {
    url: `http://127.0.0.1:${at}`,
    files,
    asked,
    goesAway: end,
    comesBack: begin,
    /** Commits these files to a repository, which it makes at the first commit. */
    commit(name: string, content: Record<string, string>) {
      const work = join(root, `${name}.work`);
      const git = (...args: string[]) =>
        execFileSync("git", ["-c", "user.name=e2e", "-c", "user.email=e2e@example.org", ...args], { stdio: "pipe" });
      mkdirSync(work, { recursive: true });
      git("init", "-q", "-b", "main", work);
      for (const [path, text] of Object.entries(content)) {
        mkdirSync(dirname(join(work, path)), { recursive: true });
        writeFileSync(join(work, path), text);
      }
      git("-C", work, "add", "-A");
      git("-C", work, "commit", "-q", "-m", "templates");
      git("init", "-q", "--bare", "-b", "main", join(root, `${name}.git`));
      git("-C", work, "push", "-q", "--force", join(root, `${name}.git`), "main");
      return `http://127.0.0.1:${at}/${name}.git`;
    },
  };
}

function backend(root: string, request: IncomingMessage, reply: ServerResponse) {
  const { pathname, search } = new URL(request.url!, "http://x");
  const env = {
    PATH: process.env["PATH"] ?? "",
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: pathname,
    QUERY_STRING: search.slice(1),
    REQUEST_METHOD: request.method ?? "GET",
    CONTENT_TYPE: request.headers["content-type"] ?? "",
    GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
    HTTP_CONTENT_ENCODING: String(request.headers["content-encoding"] ?? ""),
  };
  const child = spawn("git", ["http-backend"], { env });
  const parts: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => parts.push(chunk));
  child.on("close", () => {
    const answer = Buffer.concat(parts);
    const end = answer.indexOf("\r\n\r\n");
    const lines = answer.subarray(0, end).toString().split("\r\n");
    const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]));
    const { Status = "200", ...rest } = headers;
    reply.writeHead(Number.parseInt(Status, 10), rest).end(answer.subarray(end + 4));
  });
  request.pipe(child.stdin);
}
