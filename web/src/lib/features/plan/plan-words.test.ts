import { expect, test } from "vitest";
import { planSentence, toConfirm } from "./plan-words.ts";

const service = (change: "create" | "recreate" | "start" | "unchanged" | "remove") => ({
  service: change,
  change,
  reasons: [],
  image: null,
});
const image = (pull: boolean) => ({ image: "nginx:1", services: ["web"], pull, bytes: null, digest: null });

test("a plan is one sentence", () => {
  expect(planSentence({ services: [service("unchanged")], images: [image(false)] })).toBe("Nothing changes: what runs is what would run.");
  expect(planSentence({ services: [service("create")], images: [image(true)] })).toBe("1 service is made and 1 image is pulled.");
  expect(planSentence({ services: [service("recreate"), service("recreate"), service("remove"), service("unchanged")], images: [] })).toBe(
    "2 services are made anew and 1 service is removed; 1 stays as it is.",
  );
});

test("only what stops a deployment has to be confirmed", () => {
  const danger = (level: "stop" | "warn" | "note") => ({ rule: "privileged" as const, level, id: level, message: "", remedy: "" });
  expect(toConfirm([danger("stop"), danger("warn"), danger("note")])).toEqual(["stop"]);
});
