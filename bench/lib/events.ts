import { get } from "node:http";
import { createInterface } from "node:readline";
import type { Event } from "@appos/shared/events";
import type { Client } from "./client.ts";
import { atEnd } from "./ends.ts";
import { moments } from "./moments.ts";

/** Listens to everything that changes, as the console does. */
export async function listen({ url, headers }: Client) {
  const heard = moments();
  await new Promise<void>((resolve, reject) => {
    const asked = get(`${url}/api/v1/events`, { headers: { ...headers, accept: "text/event-stream" } }, (reply) => {
      const lines = createInterface({ input: reply });
      lines.on("line", (line) => {
        const at = performance.now();
        if (!line.startsWith("data:")) return;
        const { type, id } = JSON.parse(line.slice(5)) as Event;
        heard.note(`${type} ${id}`, at);
      });
      // Its end, when the measurement is over.
      lines.on("error", () => {});
      resolve();
    });
    asked.on("error", reject);
    atEnd(() => asked.destroy());
  });

  return {
    /** When the nth event of a type about something was heard, by `performance.now()`; waits for it if need be. */
    nth: (type: Event["type"], id: string, n: number): Promise<number> => heard.nth(`${type} ${id}`, n),
  };
}
