import { type Client, createClient } from "@libsql/client/web";
import { writeBatches } from "../write-batches.ts";
import type { Variables } from "./env.ts";

/** What the database has not answered by then, it does not answer: a room does one thing at a time, and would wait for ever. */
const ANSWER_MS = 20_000;

/** The answer whole, or an error in time. The timer ends with it: an object with one that runs does not sleep. */
async function inTime(request: Request): Promise<Response> {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(new Error(`The database has not answered for ${ANSWER_MS / 1_000} seconds`)), ANSWER_MS);
  try {
    const reply = await fetch(request, { signal: slow.signal });
    return new Response(await reply.arrayBuffer(), reply);
  } finally {
    clearTimeout(timer);
  }
}

/** Requests are cut off where their callers go away, and would never give back a place in a line: so there is none. */
export const databaseOf = ({ APPOS_DATABASE_URL: url, APPOS_DATABASE_TOKEN: authToken }: Variables): Client =>
  writeBatches(createClient({ url, fetch: inTime, concurrency: 1_000_000, ...(authToken !== undefined && { authToken }) }));
