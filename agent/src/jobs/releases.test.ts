import { expect, test } from "vitest";
import { newContainer } from "../machine/fake-compose.ts";
import { fakeMachine } from "../machine/fake-machine.ts";
import { appFolder } from "./app-folder.ts";
import { isRunning } from "./releases.ts";

test.each([
  ["running", true],
  ["restarting", true],
  ["exited", false],
  ["created", false],
] as const)("of an app whose container is %s, something would be missed: %s", async (state, missed) => {
  const { machine, containers } = fakeMachine();
  const container = newContainer("1", "appos-blog", "web", { image: "nginx:1", labels: {} });
  containers.push({ ...container, status: { ...container.status, state } });
  expect(await isRunning(machine, await appFolder(machine, "blog"))).toBe(missed);
  expect(await isRunning(machine, await appFolder(machine, "wiki"))).toBe(false);
});
