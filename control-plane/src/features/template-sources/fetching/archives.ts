import { unzipSync } from "fflate";
import { createTarDecoder } from "modern-tar";
import { OutboundFailed } from "../../../outbound/failure.ts";
import { limits } from "./limits.ts";

type Wants = (path: string) => boolean;

const tooMuch = () => new OutboundFailed("The archive holds more than AppOS unpacks.");
const broken = () => new OutboundFailed("The archive cannot be read. It must be a .zip or a .tar.gz that is whole.");

/** Of names that lead nowhere else. */
const isPlain = (path: string) =>
  path.length <= 500 && !/^\/|^[A-Za-z]:|\\|\0/.test(path) && !path.split("/").some((part) => part === "." || part === ".." || part === "");
/** Archives of a repository have one folder at their top; a file is wanted by its path with or without it. */
const isWanted = (path: string, wants: Wants) => isPlain(path) && (wants(path) || wants(path.slice(path.indexOf("/") + 1)));

/** The texts of the files of an archive that are wanted; links, devices and whatever leads out of it are no files. */
export async function unpack(body: ReadableStream<Uint8Array>, isZip: boolean, wants: Wants): Promise<Map<string, string>> {
  const bytes = isZip ? await zipFiles(body, wants) : await tarFiles(body, wants);
  const decoder = new TextDecoder();
  return withoutTop(new Map([...bytes].map(([path, content]) => [path, decoder.decode(content)])), wants);
}

async function tarFiles(body: ReadableStream<Uint8Array>, wants: Wants) {
  const found = new Map<string, Uint8Array>();
  let [packed, unpacked, entries, kept] = [0, 0, 0, 0];
  const counted = body
    .pipeThrough(counting((size) => void (packed += size)))
    .pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>)
    .pipeThrough(
      counting((size) => {
        unpacked += size;
        if (unpacked > limits.unpackedBytes || unpacked > packed * limits.ratio + limits.slackBytes) throw tooMuch();
      }),
    )
    .pipeThrough(createTarDecoder());
  try {
    for await (const { header, body } of counted as unknown as AsyncIterable<{
      header: { name: string; size: number; type?: string };
      body: ReadableStream<Uint8Array>;
    }>) {
      if (++entries > limits.entries) throw tooMuch();
      const path = header.name.replace(/^\.\//, "");
      if (header.type !== "file" || header.size > limits.fileBytes(path) || !isWanted(path, wants)) {
        await body.cancel();
        continue;
      }
      if ((kept += header.size) > limits.keptBytes) throw tooMuch();
      found.set(path, new Uint8Array(await new Response(body).arrayBuffer()));
    }
  } catch (error) {
    throw causeOf(error) ?? broken();
  }
  return found;
}

async function zipFiles(body: ReadableStream<Uint8Array>, wants: Wants) {
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  let [entries, kept] = [0, 0];
  try {
    const all = unzipSync(bytes, {
      filter({ name, originalSize, size }) {
        if (++entries > limits.entries) throw tooMuch();
        if (originalSize > limits.fileBytes(name) || originalSize > size * limits.ratio + limits.slackBytes || !isWanted(name, wants))
          return false;
        if ((kept += originalSize) > limits.keptBytes) throw tooMuch();
        return true;
      },
    });
    return new Map(Object.entries(all));
  } catch (error) {
    throw causeOf(error) ?? broken();
  }
}

/** What ended a stream may be wrapped by the streams that it went through. */
function causeOf(error: unknown): OutboundFailed | undefined {
  if (error instanceof OutboundFailed) return error;
  return error instanceof Error && error.cause !== undefined ? causeOf(error.cause) : undefined;
}

const counting = (count: (size: number) => void) =>
  new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      count(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });

function withoutTop(files: Map<string, string>, wants: Wants): Map<string, string> {
  const tops = new Set([...files.keys()].map((path) => path.slice(0, path.indexOf("/") + 1)));
  const [top] = tops;
  if (tops.size !== 1 || !top) return files;
  const stripped = new Map([...files].map(([path, content]) => [path.slice(top.length), content]));
  return [...stripped.keys()].some(wants) ? stripped : files;
}
