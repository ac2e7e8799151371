import { expect, test } from "vitest";
import { inBetween, inOrder, needsOf, waitingOnlyFor } from "./depends.ts";

const model = {
  services: {
    db: {},
    migrate: { depends_on: { db: { condition: "service_healthy" } } },
    api: { depends_on: { migrate: { condition: "service_completed_successfully" } } },
    worker: { depends_on: { api: { condition: "service_started" } } },
    web: { depends_on: { api: null, worker: {} } },
  },
};

test("what is needed is needed all the way, and comes first", () => {
  expect([...needsOf(["api"], model)].sort()).toEqual(["db", "migrate"]);
  expect(inOrder(["web", "api"], model)).toEqual(["api", "web"]);
});

test("one that is waited for by something that another one waits for is found", () => {
  expect(inBetween(["web", "api"], model)).toEqual({ service: "api", waiting: "worker" });
  expect(inBetween(["web"], model)).toBeUndefined();
});

test("waiting can be left out", () => {
  const { services } = waitingOnlyFor(new Set(["worker"]), model) as typeof model;
  expect(services.web).toEqual({ depends_on: { worker: {} } });
  expect(services.api).toEqual({});
});
