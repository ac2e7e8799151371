import type { AppView, ServiceState } from "@appos/shared/apps";
import { expect, test } from "vitest";
import { mayAsk, savedNotRunning, serviceStatus } from "./app-status.ts";

const service = (part: Partial<ServiceState>) =>
  serviceStatus({
    service: "web",
    container: "",
    image: "",
    state: "running",
    health: null,
    exitCode: null,
    restarts: 0,
    startedAt: null,
    ports: [],
    ...part,
  });
const app = (part: Partial<AppView>) => ({ status: "running", liveRelease: 3, liveVersion: 3, version: 3, ...part }) as AppView;

test("a service is as well as its health check says", () => {
  expect(service({})).toEqual({ tone: "ok", word: "Running" });
  expect(service({ health: "unhealthy" })).toEqual({ tone: "bad", word: "Unhealthy" });
  expect(service({ health: "starting" }).tone).toBe("busy");
});

test("a service that ended by itself with 0 did what it was for", () => {
  expect(service({ state: "exited", exitCode: 0 })).toEqual({ tone: "idle", word: "Exited" });
  expect(service({ state: "exited", exitCode: 137 })).toEqual({ tone: "bad", word: "Exited with 137" });
});

test("a service that was stopped on purpose is stopped, whatever signal ended it", () => {
  const exited = { state: "exited", health: null, restarts: 0 } as ServiceState;
  expect(serviceStatus({ ...exited, exitCode: 137 }, true)).toEqual({ tone: "idle", word: "Stopped" });
  expect(serviceStatus({ ...exited, exitCode: 1 }, true)).toEqual({ tone: "bad", word: "Exited with 1" });
});

test("a newer version is saved but not running, unless it is on its way", () => {
  expect(savedNotRunning(app({ version: 4 }))).toBe(true);
  expect(savedNotRunning(app({}))).toBe(false);
  expect(savedNotRunning(app({ version: 4, status: "deploying" }))).toBe(false);
  expect(savedNotRunning(app({ liveVersion: null }))).toBe(false);
});

test("what never ran cannot be started, what runs cannot be started again", () => {
  expect(mayAsk(app({ status: "new", liveRelease: null }))).toEqual({ start: false, stop: false, restart: false, deploy: true });
  expect(mayAsk(app({}))).toEqual({ start: false, stop: true, restart: true, deploy: true });
  expect(mayAsk(app({ status: "stopped" }))).toMatchObject({ start: true, stop: false });
  expect(mayAsk(app({ status: "removing" }))).toEqual({ start: false, stop: false, restart: false, deploy: false });
});
