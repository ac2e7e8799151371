import { checkedAddress } from "../../../outbound/address.ts";
import { askOutside } from "../../../outbound/ask.ts";
import { OutboundFailed } from "../../../outbound/failure.ts";
import type { Need } from "../importers/importer.ts";
import { limits } from "./limits.ts";
import { placeOf, rawFile } from "./places.ts";
import type { Outside } from "./outside.ts";

const AT_ONCE = 8;
const TIME_MS = 20_000;

/**
 * What a source refers to and does not hold itself. One that cannot be had is left out: its importer says so of the template that needs it.
 * Where none can be had of many, the host is gone, and the copy would be worth nothing.
 */
export async function readNeeds(needs: Need[], { outbound, git }: Outside): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (needs.length > limits.needs) throw new OutboundFailed(`The source refers to more than ${limits.needs} other files.`);
  let bytes = 0;
  const keep = (path: string, text: string) => {
    if ((bytes += text.length) > limits.keptBytes) throw new OutboundFailed("The source refers to more than AppOS reads.");
    found.set(path, text);
  };
  const repositories = Map.groupBy(
    needs.filter(({ file }) => file !== undefined),
    ({ url }) => url,
  );
  for (const [url, files] of [...repositories].slice(0, limits.repositories)) await fromRepository(url, files);
  const single = needs.filter(({ file }) => file === undefined);
  let misses = 0;
  await inParallel(single, async ({ path, url }) => {
    const text = misses < 20 || found.size > 0 ? await fileAt(url) : undefined;
    if (text === undefined) misses++;
    else keep(path, text);
  });
  if (single.length > 0 && found.size === 0) throw new OutboundFailed("The source lists templates, and none of their files could be read.");
  return found;

  async function fromRepository(address: string, files: Need[]) {
    try {
      const url = checkedAddress(new URL(address), outbound.allowed);
      const wanted = new Map(files.map(({ file, path }) => [file!, path]));
      if (!git) {
        for (const [file, path] of wanted) {
          const raw = rawFile(url, file);
          const text = raw === undefined ? undefined : await fileAt(raw);
          if (text !== undefined) keep(path, text);
        }
        return;
      }
      const place = placeOf(url);
      const read = await git.read(place.kind === "git" ? place.url : url, {
        wants: (path) => wanted.has(path),
        fileBytes: limits.fileBytes(""),
        bytes: limits.keptBytes,
      });
      for (const [file, text] of read.files ?? []) keep(wanted.get(file)!, text);
    } catch {
      // Its templates are listed with the reason that their file could not be fetched.
    }
  }

  async function fileAt(address: string): Promise<string | undefined> {
    try {
      const reply = await askOutside(outbound, new URL(address), { bytes: limits.fileBytes(""), timeoutMs: TIME_MS });
      if (reply.ok) return await reply.text();
      await reply.body?.cancel().catch(() => {});
    } catch {
      return undefined;
    }
    return undefined;
  }
}

async function inParallel<T>(all: T[], work: (each: T) => Promise<void>) {
  const rest = all.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const each of rest) await work(each);
    }),
  );
}
