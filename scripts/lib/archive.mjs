import { createHash } from "node:crypto";
import { createWriteStream, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

/** A tar entry's header. Owner and time are always the same, so the same files give the same archive. */
function header(name, size, mode) {
  const block = Buffer.alloc(512);
  const octal = (value, length) => `${value.toString(8).padStart(length - 1, "0")}\0`;
  block.write(name, 0, 100);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(" ".repeat(8), 148);
  block.write("0", 156);
  block.write("ustar\x0000", 257);
  block.write("root", 265);
  block.write("root", 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function* tar(files) {
  for (const { name, mode, bytes } of files) {
    yield header(name, bytes.length, mode);
    for (let from = 0; from < bytes.length; from += 1 << 20) yield bytes.subarray(from, from + (1 << 20));
    if (bytes.length % 512) yield Buffer.alloc(512 - (bytes.length % 512));
  }
  yield Buffer.alloc(1024);
}

/** Writes FILE, a compressed tar of the files given as { name, mode, from | text }, and FILE.sha256. Both appear whole or not at all. */
export async function writeArchive(file, files) {
  const loaded = files.map(({ name, mode, from, text }) => ({ name, mode, bytes: from ? readFileSync(from) : Buffer.from(text) }));
  const hash = createHash("sha256");
  const hashed = async function* (chunks) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(
    Readable.from(tar(loaded)),
    createGzip({ level: 6, chunkSize: 1 << 18 }),
    hashed,
    createWriteStream(`${file}.${process.pid}.new`),
  );
  renameSync(`${file}.${process.pid}.new`, file);
  writeFileSync(`${file}.sha256.new`, `${hash.digest("hex")}\n`);
  renameSync(`${file}.sha256.new`, `${file}.sha256`);
}
