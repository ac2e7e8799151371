import { TERMINAL_SUBPROTOCOL, TerminalQuery } from "@appos/shared/terminals";
import { AppError } from "../errors.ts";
import type { Admission } from "../features/terminals/service.ts";
import type { Services } from "../services.ts";
import type { View } from "./room.ts";

const PATH = /^\/api\/v1\/(servers|apps)\/([a-z0-9_-]{1,63})\/terminal$/;
/** Whoever may look on no longer is out within this time. */
export const RECHECK_MS = 4_000;
/** Whom nobody could look up so many times in a row is out. */
const FAILURES = 3;

/** A browser that asks to be let in to a terminal. */
interface Caller {
  url: URL;
  /** The page that asks, as browsers name it. */
  origin: string | undefined;
  /** The subprotocols it speaks, as it lists them. */
  protocols: string;
}
/** What comes of it: let in, told why not on a socket that is open (a browser hears it on no other), or turned away. */
export type Entry = { admission: Admission; view: View } | { why: AppError } | { status: 400 | 401 | 403 };

/** Whether an upgrade is for a terminal. */
export const isForViewers = ({ pathname }: URL) => PATH.test(pathname);

/** Lets browsers in to terminals: by a ticket, from our own pages, with the right subprotocol. */
export async function viewerEntry({ terminals, system }: Services, { url, origin, protocols }: Caller): Promise<Entry> {
  const [, kind, idOrName] = PATH.exec(url.pathname)!;
  const own = [new URL(system.ownUrl(url.href)).origin, url.origin];
  if (origin !== undefined && !own.includes(origin)) return { status: 403 };
  const { data: query } = TerminalQuery.safeParse(Object.fromEntries(url.searchParams));
  const speaks = protocols.split(",").some((name) => name.trim() === TERMINAL_SUBPROTOCOL);
  if (!query || !speaks) return { status: 400 };
  const { ticket, ...view } = query;
  try {
    const admission = await terminals.admit(ticket, { kind: kind as "servers" | "apps", idOrName: idOrName! }, origin !== undefined);
    return admission ? { admission, view } : { status: 401 };
  } catch (error) {
    if (error instanceof AppError) return { why: error };
    throw error;
  }
}

/** Expels whoever may look on no longer; also whom nobody can say it of, time and again: they may come back once somebody can. */
export function rechecker(
  standing: () => Promise<"in" | "out" | "gone">,
  expel: (forGood: boolean) => void,
  failed: (error: unknown) => void,
) {
  let failures = 0;
  return async () => {
    try {
      const now = await standing();
      failures = 0;
      if (now !== "in") expel(now === "gone");
    } catch (error) {
      failed(error);
      if (++failures >= FAILURES) expel(false);
    }
  };
}
