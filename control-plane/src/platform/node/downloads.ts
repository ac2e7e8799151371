import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Downloads } from "../../ports.ts";

/** The agent as the build left it. */
export function builtAgent(folder: string): Downloads {
  const archiveOf = (arch: string) => join(folder, `appos-agent-linux-${arch}.tar.gz`);
  return {
    installer: () => readFile(join(folder, "install.sh"), "utf8"),
    async checksum(arch) {
      const text = await readFile(`${archiveOf(arch)}.sha256`, "utf8").catch(() => undefined);
      return text?.split(/\s/)[0];
    },
    async archive(arch) {
      const found = await stat(archiveOf(arch)).catch(() => undefined);
      if (!found) return undefined;
      return { bytes: found.size, body: Readable.toWeb(createReadStream(archiveOf(arch))) as ReadableStream<Uint8Array> };
    },
  };
}
