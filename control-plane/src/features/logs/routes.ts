import { Hono } from "hono";
import { z } from "zod";
import { LogDownloadQuery, LogLine, LogPast, LogQuery } from "@appos/shared/logs";
import { allow, type AppEnv } from "../../access.ts";
import { AppError } from "../../errors.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { eventStream, type Out } from "../../sse.ts";
import { valid } from "../../valid.ts";
import { logText } from "./log-text.ts";
import type { LogLines } from "./service.ts";

const COLLECT_MS = 30_000;
const Lines = LogPast.extend({ items: z.array(LogLine) });

export const logRoutes = (services: Services) =>
  new Hono<AppEnv>()
    .get(
      "/:id/logs",
      allow("logs", "read", { summary: "The log of an app's services, of containers that are gone too; live with follow=1", data: Lines }),
      valid("query", LogQuery),
      async (c) => {
        const query = c.req.valid("query");
        const lines = await services.logs.lines(c.req.param("id"), query);
        if (query.follow === "1") return eventStream(c, (out) => tell(lines, out));
        return ok(c, await collected(lines, query.tail, c.req.raw.signal));
      },
    )
    .get(
      "/:id/logs/download",
      allow("logs", "read", { summary: "The log as a text file: all that is there, or what is asked for" }),
      valid("query", LogDownloadQuery),
      async (c) => {
        const { app, lines } = await services.logs.whole(c.req.param("id"), c.req.valid("query"));
        const text = await logText(lines, c.get("stillIn")).catch(refused);
        const day = new Date().toISOString().slice(0, 10);
        return c.body(text, 200, {
          "content-type": "text/plain; charset=utf-8",
          "content-disposition": `attachment; filename="${app}-${day}.log"`,
          "x-content-type-options": "nosniff",
          "cache-control": "no-store",
        });
      },
    );

/** No more than was asked for, and not for longer than anyone waits. */
async function collected(lines: LogLines, most: number, gone: AbortSignal): Promise<z.output<typeof Lines>> {
  const items: LogLine[] = [];
  let past: LogPast = { older: false, stoppedAt: null };
  const reader = lines.getReader();
  AbortSignal.any([gone, AbortSignal.timeout(COLLECT_MS)]).addEventListener("abort", () => void reader.cancel().catch(() => {}));
  for (let next = await reader.read().catch(refused); !next.done && items.length <= most; next = await reader.read().catch(refused))
    for (const each of next.value) {
      if ("past" in each) past = each.past;
      else items.push(each);
    }
  await reader.cancel();
  return { items: items.slice(0, most), ...past };
}

function refused(error: unknown): never {
  throw new AppError("SERVER_REFUSED", error instanceof Error ? error.message : String(error));
}

async function tell(lines: LogLines, { send, sendAll, signal }: Out) {
  const reader = lines.getReader();
  signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      await sendAll(next.value.map((each) => ("past" in each ? { event: "past", data: each.past } : { event: "line", data: each })));
    if (!signal.aborted) await send("end", {});
  } catch (error) {
    if (!signal.aborted) await send("end", { error: error instanceof Error ? error.message : String(error) });
  }
}
