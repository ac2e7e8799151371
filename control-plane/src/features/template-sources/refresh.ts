import type { SourceFormat } from "@appos/shared/template-sources";
import { AppError, errorText } from "../../errors.ts";
import { OutboundFailed } from "../../outbound/failure.ts";
import type { Ports } from "../../ports.ts";
import { type Copy, readSource, type Validator } from "./fetching/read-source.ts";
import { limits } from "./fetching/limits.ts";
import { importAll } from "./importers/import-all.ts";
import { importers } from "./importers/index.ts";
import type { Imported } from "./importers/importer.ts";
import { Untranslatable } from "./importers/untranslatable.ts";
import { nextAt } from "./next-at.ts";
import type { SourceRow, TemplateRow } from "./schema.ts";
import type { sourceStore } from "./store.ts";
import { type Before, versionAfter } from "./version-after.ts";

/** Another number has every source read anew: the importers make something else of it. */
const IMPORTERS = 1;
/** How long one control plane may be at one source. */
const CLAIM_MS = 15 * 60_000;
const ROWS_AT_ONCE = 50;
const TRANSLATED_AT_ONCE = 10;

/** Everybody else's turn. */
const breathe = () => new Promise<void>((go) => setTimeout(go, 0));

/** Reads a source and puts what it has in the place of what it had: all of it at once, or none of it. */
export function refresher({ outbound, git, clock, log }: Ports, store: ReturnType<typeof sourceStore>, changed: (id: string) => void) {
  return async function refresh(id: string): Promise<void> {
    const claimedUntil = clock.now() + CLAIM_MS;
    const source = await store.claim(id, clock.now(), claimedUntil);
    if (!source) return;
    changed(id);
    const at = clock.now();
    const settle = (outcome: Partial<SourceRow>) =>
      store.settle(id, claimedUntil, { checkedAt: at, nextAt: nextAt(source.schedule, clock.now(), id), ...outcome });
    try {
      const known = validatorOf(source);
      const copy = await readSource(source.url, source.asked, known, { outbound, git });
      if (!copy) await settle({ failedAt: null, failure: null });
      else await keep(source, copy, at, settle);
    } catch (error) {
      const failure = sentenceOf(error);
      if (failure === undefined) log.error("a template source could not be read", { sourceId: id, error: errorText(error) });
      await settle({
        failedAt: at,
        failure: failure ?? "AppOS could not read it: this is a fault of AppOS. Its log says more.",
        nextAt: nextAt(source.schedule, clock.now(), id, true),
      });
    }
    while (await store.clear(id, (await store.find(id))?.generation ?? 0)) await breathe();
    changed(id);
  };

  /** Written beside the copy that counts, which goes on counting until this one is whole. */
  async function keep(source: SourceRow, copy: Copy, at: number, settle: (outcome: Partial<SourceRow>) => Promise<boolean>) {
    // A copy that was left half written has the next number: it goes first.
    while (await store.clear(source.id, source.generation)) await breathe();
    const generation = source.generation + 1;
    const counts = { usable: 0, unusable: 0, trimmed: 0, risky: 0 };
    let some: Imported[] = [];
    let translated = 0;
    for (const each of translatedOf(copy, source.id)) {
      some.push(each);
      if (some.length === ROWS_AT_ONCE) {
        await put(some);
        some = [];
      }
      if (++translated % TRANSLATED_AT_ONCE === 0) await breathe();
      if (translated === limits.templates) break;
    }
    await put(some);
    if (translated === 0) throw new OutboundFailed("There are no templates of this format at this address.");
    const validator = JSON.stringify({ ...copy.validator, importers: IMPORTERS });
    await settle({ ...counts, generation, validator, format: copy.format, refreshedAt: at, failedAt: null, failure: null });

    async function put(templates: Imported[]) {
      if (templates.length === 0) return;
      const before = await store.before(
        source.id,
        source.generation,
        templates.map(({ id }) => id),
      );
      const rows = templates.map((each) => rowOf(versioned(each, before.get(each.id)), source.id, generation));
      for (const { problem, dropped, risks } of rows) {
        counts[problem === null ? "usable" : "unusable"]++;
        if (dropped !== "[]") counts.trimmed++;
        if (risks > 0) counts.risky++;
      }
      await store.put(rows);
    }
  }
}

function versioned(each: Imported, before: Before | undefined): Imported {
  if (each.template === null) return each;
  const version = versionAfter(each.template, before);
  return { ...each, version, template: { ...each.template, version } };
}

function* translatedOf({ format, files }: Copy, sourceId: string): Iterable<Imported> {
  yield* importAll(importers[format satisfies SourceFormat], files, sourceId);
}

function validatorOf({ validator }: SourceRow): Validator {
  const { importers: made, ...known } = JSON.parse(validator ?? "{}") as Validator & { importers?: number };
  return made === IMPORTERS ? known : {};
}

function rowOf(each: Imported, sourceId: string, generation: number): TemplateRow {
  const template = each.template === null ? null : JSON.stringify(each.template);
  const isTooLarge = template !== null && template.length > limits.templateBytes;
  return {
    sourceId,
    generation,
    id: each.id,
    name: each.name,
    words: `${each.name} ${each.id.slice(sourceId.length + 1)} ${each.description}`.toLowerCase().slice(0, 500),
    categories: ` ${each.categories.join(" ")} `,
    version: each.version,
    description: each.description,
    memoryMiB: each.template?.requirements?.memoryMiB ?? null,
    problem: isTooLarge ? "It is larger than AppOS keeps a template." : each.problem,
    risks: each.dangers.filter(({ level }) => level !== "note").length,
    template: isTooLarge ? null : template,
    dangers: JSON.stringify(each.dangers.slice(0, 200)),
    dropped: JSON.stringify(each.dropped),
  };
}

/** What may be shown of why it failed; undefined for a fault of our own. */
function sentenceOf(error: unknown): string | undefined {
  return error instanceof AppError || error instanceof OutboundFailed || error instanceof Untranslatable ? error.message : undefined;
}
