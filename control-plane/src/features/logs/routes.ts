import { Hono } from "hono";
import { z } from "zod";
import { LogLine, LogQuery } from "@appos/shared/logs";
import { allow, type AppEnv } from "../../access.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { eventStream, type Out } from "../../sse.ts";
import { valid } from "../../valid.ts";

const COLLECT_MS = 30_000;
const Lines = z.object({ items: z.array(LogLine) });

export const logRoutes = (services: Services) =>
  new Hono<AppEnv>().get(
    "/:id/logs",
    allow("logs", "read", { summary: "The log of an app's services; live with follow=1", data: Lines }),
    valid("query", LogQuery),
    async (c) => {
      const query = c.req.valid("query");
      const lines = await services.logs.lines(c.req.param("id"), query);
      if (query.follow === "1") return eventStream(c, (out) => tell(lines, out));
      return ok(c, { items: await collected(lines, query.tail, c.req.raw.signal) });
    },
  );

/** No more than was asked for, and not for longer than anyone waits. */
async function collected(lines: ReadableStream<LogLine[]>, most: number, gone: AbortSignal): Promise<LogLine[]> {
  const items: LogLine[] = [];
  const reader = lines.getReader();
  AbortSignal.any([gone, AbortSignal.timeout(COLLECT_MS)]).addEventListener("abort", () => void reader.cancel().catch(() => {}));
  for (let next = await reader.read(); !next.done && items.length < most; next = await reader.read()) items.push(...next.value);
  await reader.cancel();
  return items.slice(0, most);
}

async function tell(lines: ReadableStream<LogLine[]>, { send, sendAll, signal }: Out) {
  const reader = lines.getReader();
  signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      await sendAll(next.value.map((data) => ({ event: "line", data })));
    if (!signal.aborted) await send("end", {});
  } catch (error) {
    if (!signal.aborted) await send("end", { error: error instanceof Error ? error.message : String(error) });
  }
}
