import type { TimelineView } from "@appos/shared/servers";
import { expect, test } from "vitest";
import { howLong, timelineMore } from "./timeline-words.ts";

const entry: TimelineView = { id: "t", at: 0, what: "lost", why: null, agentWhy: null, address: null, lastedMs: null, shortLosses: 0 };

test("how long something lasted is said, and that the newest goes on", () => {
  expect(howLong({ what: "lost", lastedMs: 720_000 }, false)).toBe("for 12 min 00 s");
  expect(howLong({ what: "connected", lastedMs: null }, true)).toBe("since then");
  expect(howLong({ what: "connected", lastedMs: null }, false)).toBeUndefined();
  expect(howLong({ what: "agent-restarted", lastedMs: null }, true)).toBeUndefined();
});

test("both ends say why a link was lost; short losses are counted", () => {
  expect(timelineMore({ ...entry, why: "It said nothing for 75 seconds.", agentWhy: "No route to host." })).toEqual([
    "It said nothing for 75 seconds.",
    "Its agent: No route to host.",
  ]);
  expect(timelineMore({ ...entry, what: "connected", shortLosses: 1 })).toEqual(["1 short loss meanwhile, each over within seconds."]);
});
