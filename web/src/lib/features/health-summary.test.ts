import type { AppView } from "@appos/shared/apps";
import type { ServerView } from "@appos/shared/servers";
import { expect, test } from "vitest";
import { healthSummary } from "./health-summary.ts";

const app = (name: string, status: AppView["status"]) => ({ name, status }) as AppView;
const server = (name: string, presence: ServerView["presence"]) => ({ name, presence }) as ServerView;
const local = server("local", "up");

test("what is wrong comes first, by name", () => {
  expect(healthSummary([app("shop", "down"), app("wiki", "degraded"), app("blog", "running")], [local, server("attic", "lost")])).toEqual({
    tone: "bad",
    text: "shop is down, wiki is degraded and attic is away.",
  });
  expect(
    healthSummary(
      ["a", "b", "c", "d"].map((name) => app(name, "degraded")),
      [local],
    ).text,
  ).toBe("4 apps are degraded.");
});

test("an app whose deployment did not succeed is named", () => {
  expect(healthSummary([app("blog", "new"), app("shop", "running")], [local])).toEqual({ tone: "warn", text: "blog is not deployed." });
});

test("then what moves, then how many run", () => {
  expect(healthSummary([app("blog", "deploying"), app("shop", "running")], [local])).toEqual({
    tone: "busy",
    text: "blog is being deployed.",
  });
  expect(healthSummary([app("blog", "running"), app("shop", "running")], [local]).text).toBe("Everything runs.");
  expect(healthSummary([app("blog", "running"), app("shop", "stopped")], [local]).text).toBe("1 of 2 apps run; the rest is at rest.");
});

test("with nothing there, it says what comes next", () => {
  expect(healthSummary([app("blog", "stopped")], [local]).text).toBe("No app runs.");
  expect(healthSummary([], [local]).text).toBe("Ready for the first app.");
  expect(healthSummary([], []).text).toBe("No server yet.");
});
