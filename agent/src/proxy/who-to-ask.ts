import type { ProxyModel } from "@appos/shared/sites";
import type { Machine } from "../machine/machine.ts";
import { ASKED_MS, dueAt, keep, type Kept, keptOf } from "./certificates.ts";
import { PROBE_PATH, visitAll } from "./probes.ts";
import { namesByHttp } from "./resolved.ts";

const AT_ONCE = 4;
/** Where every name has its certificate, it is looked so often whether it still does. */
const WELL_MS = 10 * 60_000;
/** And so often while it asks: of two certificates of a name it may show either, so what is lent is not to be back beside its own. */
const ASKING_MS = 15_000;

/**
 * For a proxy that gets its certificates by itself, but asks for one only as long as it is told nothing else (Traefik: its issue 9405), and
 * then for all that failed at once, however often it is told something: it is told to ask for a name only when that is due, and for so long.
 * What another proxy had for that name it is not shown meanwhile, for it asks for none that it has. Answers when to look again.
 */
export async function tellWhoToAsk(model: ProxyModel, machine: Machine, changed: () => void): Promise<number> {
  const names = [...new Set(namesByHttp(model))];
  const shown = await visitAll(
    names.map((name) => ({ name, https: true })),
    PROBE_PATH,
    AT_ONCE,
    machine,
  );
  let next = WELL_MS;
  let isOther = false;
  for (const [i, name] of names.entries()) {
    const { certificate } = shown[i]!;
    const kept = await keptOf(name, machine);
    if (certificate && !isLent(certificate, kept)) {
      // Its own is here, and is renewed by whoever got it.
      if (kept.certificate || kept.tried) await keep(name, { certificate: null, tried: null }, machine);
      isOther ||= kept.certificate !== null || kept.tried !== null;
      continue;
    }
    const { directory } = model.acme;
    const wait = dueAt(kept, directory) - machine.now();
    const isAsked = kept.tried !== null && machine.now() < kept.tried.at + ASKED_MS;
    next = Math.min(next, wait <= 0 || isAsked ? ASKING_MS : wait);
    if (wait > 0) continue;
    const times = kept.tried?.directory === directory ? kept.tried.times + 1 : 1;
    await keep(name, { ...kept, tried: { times, at: machine.now(), problem: null, directory, again: false } }, machine);
    isOther = true;
  }
  if (isOther) changed();
  return next;
}

const isLent = ({ notBefore, notAfter }: { notBefore: number; notAfter: number }, { certificate }: Kept) =>
  certificate?.notBefore === notBefore && certificate.notAfter === notAfter;
