import type Docker from "dockerode";
import { inTime, statusOf } from "./docker-client.ts";

/** Of all that is in a folder. */
const BYTES = 64 * 1024 * 1024;
const BLOCK = 512;

/** The texts of all files in a folder of a container, by their paths below it; none where there is no such folder. Nothing runs in it for that. */
export async function readFolder(docker: Docker, containerId: string, path: string): Promise<Map<string, string>> {
  try {
    const stream = await inTime(docker.getContainer(containerId).getArchive({ path }));
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of stream) {
      parts.push(part as Buffer);
      bytes += (part as Buffer).length;
      if (bytes > BYTES) throw new Error(`${path} holds more than ${BYTES} bytes`);
    }
    return new Map(filesOf(Buffer.concat(parts)));
  } catch (error) {
    if (statusOf(error) === 404) return new Map();
    throw error;
  }
}

/** As tar has them (POSIX ustar), whose first entry is the folder itself. */
export function* filesOf(archive: Buffer): Generator<[path: string, text: string]> {
  const text = (from: number, length: number) => archive.toString("utf8", from, from + length).replace(/\0.*$/s, "");
  let long: string | undefined;
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const size = Number.parseInt(text(at + 124, 12), 8) || 0;
    const kind = text(at + 156, 1);
    const content = at + BLOCK;
    const prefix = text(at + 345, 155);
    const name = long ?? (prefix ? `${prefix}/${text(at, 100)}` : text(at, 100));
    long = undefined;
    if (kind === "x") long = /\d+ path=(.*)\n/.exec(archive.toString("utf8", content, content + size))?.[1];
    else if (kind === "L") long = text(content, size);
    else if (kind === "0" || kind === "") yield [name.slice(name.indexOf("/") + 1), archive.toString("utf8", content, content + size)];
    at = content + Math.ceil(size / BLOCK) * BLOCK;
  }
}
