import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd } from "../world/ends.ts";
import { forward } from "../world/forward.ts";
import { run } from "../world/program.ts";
import { folder, named } from "../world/places.ts";

const REPOSITORY = "appos-chaos/words";
const BATCH = 25;

export type Docker = (...words: string[]) => Promise<string>;

/**
 * A name for an image that is not here yet, and whose download says so many numbered lines in so many milliseconds.
 * What it is in the end is `base`.
 */
export const wordyImage = (lines: number, ms: number, base = "web:1") =>
  `${REPOSITORY}:${named("t")}-${lines}-${ms}-${base.replace(":", "_")}`;

/** The number in each line that such a download said, in the order in which they were said. */
export const numbersIn = (texts: string[]): number[] =>
  texts.flatMap((text) => {
    const found = /\bword-(\d+)\b/.exec(text);
    return found ? [Number(found[1])] : [];
  });

/** The engine behind a socket, with a registry behind it that has much to say. All else goes to the engine as it is. */
export async function engineFront(engine = "/var/run/docker.sock") {
  const socket = join(folder("engine-front"), "docker.sock");
  const images = new Set<string>();
  const docker = (...words: string[]) => run("docker", words, { env: { DOCKER_HOST: `unix://${engine}` } });
  const server = createServer((asked, reply) => {
    const url = new URL(asked.url ?? "/", "http://engine");
    const tag = url.searchParams.get("tag") ?? "";
    const isWordy =
      asked.method === "POST" && url.pathname.endsWith("/images/create") && url.searchParams.get("fromImage")?.endsWith(REPOSITORY);
    if (!isWordy) return forward(asked, reply, { socketPath: engine, path: asked.url });
    images.add(`${REPOSITORY}:${tag}`);
    say(docker, tag, reply).catch(() => reply.destroy());
  });
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(socket, resolve));
  atEnd(async () => {
    server.close();
    server.closeAllConnections();
    for (const image of images) await docker("rmi", image).catch(() => {});
  });
  return { host: `unix://${socket}` };
}

/** As an engine tells of a download: one JSON text after the other, each of them a layer of its own. */
async function say(docker: Docker, tag: string, reply: ServerResponse) {
  const [, lines = "0", ms = "0", base = ""] = /-(\d+)-(\d+)-(\w+)$/.exec(tag) ?? [];
  const [count, pause] = [Number(lines), (Number(ms) / Number(lines)) * BATCH];
  const line = (n: number) =>
    JSON.stringify({ id: `word-${n}`, status: "Downloading", progressDetail: { current: n, total: count }, progress: `${n}B/${count}B` });
  reply.writeHead(200, { "content-type": "application/json" });
  for (let n = 1; n <= count && !reply.destroyed; n += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - n + 1) }, (_, i) => line(n + i));
    reply.write(`${batch.join("\r\n")}\r\n`);
    await sleep(pause);
  }
  if (reply.destroyed) return;
  await docker("tag", `appos-test/${base.replace("_", ":")}`, `${REPOSITORY}:${tag}`);
  reply.end(`${JSON.stringify({ status: "Status: Downloaded newer image" })}\r\n`);
}
