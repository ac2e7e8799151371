import { request } from "node:http";
import { request as securely } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

// A program that tests start where visitors are: asks a server for its sites, each time over a connection of its own, until it is told to end.

const [host, http, https, names] = process.argv.slice(2) as [string, string, string, string];
/** It ends by itself, too; and who is turned away does not come again at once. */
const [AT_ONCE, END_MS, AGAIN_MS] = [4, 90_000, 20];
const seen: Record<string, number> = {};
let isOver = false;
const end = () => (isOver = true);
process.on("SIGTERM", end);
setTimeout(end, END_MS).unref();

function visit(name: string, secure: boolean): Promise<string> {
  return new Promise((resolve) => {
    const options = { host, path: "/", headers: { host: name }, agent: false, timeout: 15_000 };
    const asked = secure
      ? securely({ ...options, port: https, servername: name, rejectUnauthorized: false })
      : request({ ...options, port: http });
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(`${secure ? "https" : "http"} ${error.code ?? error.message}`));
    asked.on("response", (answer) => {
      answer.resume();
      answer.on("error", ({ message }) => resolve(message)).on("end", () => resolve(String(answer.statusCode)));
    });
    asked.end();
  });
}

async function visitor(first: number) {
  const all = names.split(",");
  for (let i = first; !isOver; i += 1) {
    const outcome = await visit(all[i % all.length]!, i % 2 === 0);
    seen[outcome] = (seen[outcome] ?? 0) + 1;
    if (!/^\d+$/.test(outcome)) await sleep(AGAIN_MS);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => visitor(i * 7)));
process.stdout.write(JSON.stringify(seen));
