import type { SourceFormat } from "@appos/shared/template-sources";
import { AppError } from "../../../errors.ts";
import { outsideAddress } from "../../../outbound/address.ts";
import { askOutside } from "../../../outbound/ask.ts";
import { OutboundFailed } from "../../../outbound/failure.ts";
import type { Outbound } from "../../../ports.ts";
import { formatOf, importers } from "../importers/index.ts";
import { unpack } from "./archives.ts";
import { limits } from "./limits.ts";
import { readNeeds } from "./needs.ts";
import type { Outside } from "./outside.ts";
import { noGit, placeOf } from "./places.ts";

/** What its host said of the copy that was read last. */
export interface Validator {
  etag?: string | undefined;
  modified?: string | undefined;
  commit?: string | undefined;
}
export interface Copy {
  format: SourceFormat;
  files: Map<string, string>;
  validator: Validator;
}

const all = Object.values(importers);

/** Reads what stands at an address now; undefined where that is what was read last. Throws AppError or OutboundFailed, with a sentence. */
export async function readSource(
  address: string,
  asked: SourceFormat | null,
  known: Validator,
  outside: Outside,
): Promise<Copy | undefined> {
  const wants = asked ? importers[asked].wants : (path: string) => all.some((importer) => importer.wants(path));
  const place = placeOf(outsideAddress(address, outside.outbound.allowed));
  const found =
    place.kind === "git" ? await fromGit(place, known, wants, outside) : await fromWeb(place.url, known, wants, outside.outbound);
  if (!found) return undefined;
  const format = asked ?? formatOf(found.files.keys());
  if (format === undefined || ![...found.files.keys()].some((path) => importers[format].wants(path)))
    throw new OutboundFailed(
      asked
        ? "There is nothing at this address that has this format."
        : "There is nothing at this address that AppOS knows as templates. Say which format it has, or look at the address.",
    );
  const files = new Map([...found.files].filter(([path]) => path.startsWith("\0") || importers[format].wants(path)));
  const needs = importers[format].needs?.(files) ?? [];
  for (const [path, content] of await readNeeds(needs, outside)) files.set(path, content);
  return { format, files, validator: found.validator };
}

type Found = { files: Map<string, string>; validator: Validator } | undefined;

async function fromGit(
  { url, branch }: { url: URL; branch: string | undefined },
  known: Validator,
  wants: (path: string) => boolean,
  { git }: Outside,
): Promise<Found> {
  const problem = noGit(url, branch, git);
  if (problem !== undefined) throw new AppError("INVALID_REQUEST", problem);
  const { commit, files } = await git!.read(url, {
    branch,
    known: known.commit,
    wants,
    fileBytes: limits.fileBytes(""),
    bytes: limits.keptBytes,
  });
  return files === null ? undefined : { files, validator: { commit } };
}

async function fromWeb(url: URL, known: Validator, wants: (path: string) => boolean, outbound: Outbound): Promise<Found> {
  const conditions = { ...(known.etag && { "if-none-match": known.etag }), ...(known.modified && { "if-modified-since": known.modified }) };
  const reply = await askOutside(outbound, url, { headers: conditions, bytes: limits.archiveBytes, timeoutMs: limits.timeMs });
  if (reply.status === 304) return undefined;
  if (!reply.ok || reply.body === null) {
    await reply.body?.cancel().catch(() => {});
    throw new OutboundFailed(statusSentence(reply.status, url));
  }
  const validator = { etag: short(reply.headers.get("etag")), modified: short(reply.headers.get("last-modified")) };
  const { start, body } = await begins(reply.body);
  if (isGzip(start)) return { files: await unpack(body, false, wants), validator };
  if (isZip(start)) return { files: await unpack(atMost(body, limits.zipBytes), true, wants), validator };
  const text = await new Response(atMost(body, limits.jsonBytes)).text().catch((error: unknown) => {
    throw error instanceof OutboundFailed ? error : new OutboundFailed(`The answer of ${url.host} broke off.`);
  });
  return { files: jsonFiles(text, url), validator };
}

const short = (value: string | null) => (value !== null && value.length <= 300 ? value : undefined);
const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;
const isZip = (bytes: Uint8Array) => bytes[0] === 0x50 && bytes[1] === 0x4b;

function statusSentence(status: number, { host }: URL): string {
  if (status === 404 || status === 410) return `${host} has nothing at this address.`;
  if (status === 401 || status === 403) return `${host} does not give this to strangers. AppOS reads public sources only.`;
  if (status === 429) return `${host} wants to be asked less often. AppOS asks again later.`;
  return `${host} answers with the code ${status}.`;
}

/** The first bytes of a stream, and all of it. */
async function begins(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  const { value = new Uint8Array() } = await reader.read();
  const whole = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(value),
    async pull(controller) {
      const next = await reader.read();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { start: value, body: whole };
}

function atMost(body: ReadableStream<Uint8Array>, most: number): ReadableStream<Uint8Array> {
  let sum = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if ((sum += chunk.byteLength) > most)
          throw new OutboundFailed(`There is more at this address than the ${most / 1024 ** 2} MiB that AppOS reads.`);
        controller.enqueue(chunk);
      },
    }),
  );
}

/** One file that holds all templates is put where its importer looks for it. */
function jsonFiles(text: string, url: URL): Map<string, string> {
  const refuse = () =>
    new OutboundFailed(
      "There is nothing at this address that AppOS knows as templates: neither JSON of templates, nor an archive, nor a git repository.",
    );
  let root: unknown;
  try {
    root = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw refuse();
  }
  const some = (Array.isArray(root) ? root : Object.values(root as object)).find(
    (value): value is object => typeof value === "object" && value !== null,
  );
  if (Array.isArray((root as { templates?: unknown }).templates) || (Array.isArray(root) && some && "title" in some))
    return new Map([["templates.json", text]]);
  if (some && "compose" in some) return new Map([["service-templates-latest.json", text]]);
  if (Array.isArray(root) && some && "id" in some)
    return new Map([
      ["meta.json", text],
      ["\0base", new URL(".", url).href],
    ]);
  throw refuse();
}
