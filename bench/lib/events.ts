import { get } from "node:http";
import { createInterface } from "node:readline";
import type { Event } from "@appos/shared/events";
import type { Client } from "./client.ts";
import { atEnd } from "./ends.ts";

/** Listens to everything that changes, as the console does. */
export async function listen({ url, headers }: Client) {
  const heard = new Map<string, number[]>();
  let wake = () => {};
  const timesOf = (key: string) => heard.get(key) ?? heard.set(key, []).get(key)!;

  await new Promise<void>((resolve, reject) => {
    const asked = get(`${url}/api/v1/events`, { headers: { ...headers, accept: "text/event-stream" } }, (reply) => {
      const lines = createInterface({ input: reply });
      lines.on("line", (line) => {
        const at = performance.now();
        if (!line.startsWith("data:")) return;
        const { type, id } = JSON.parse(line.slice(5)) as Event;
        timesOf(`${type} ${id}`).push(at);
        wake();
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
    async nth(type: Event["type"], id: string, n: number): Promise<number> {
      const times = timesOf(`${type} ${id}`);
      while (times.length < n) await new Promise<void>((resolve) => (wake = resolve));
      return times[n - 1]!;
    },
  };
}
