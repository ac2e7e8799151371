import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { foundProjects, projectFilesOf } from "./adoption.ts";

const signal = new AbortController().signal;

test.each(["adopt-app", "deploy-app"])("a server that takes on no %s tells nobody what its projects are made of", async (kind) => {
  const { machine } = fakeMachine();
  machine.policyText = async () => `jobs: {deny: [${kind}]}`;
  await expect(projectFilesOf({ project: "blog", by: "ada@example.org" }, { machine, signal })).rejects.toMatchObject({
    error: { code: "POLICY_REFUSED", details: { rule: "jobs" } },
  });
});

test("nor does it to somebody whom it takes no orders from", async () => {
  const { machine } = fakeMachine();
  machine.policyText = async () => "users: {only: [ada@example.org]}";
  const asked = (by: string) => projectFilesOf({ project: "blog", by }, { machine, signal });
  await expect(asked("eve@example.org")).rejects.toMatchObject({ error: { code: "POLICY_REFUSED" } });
  await expect(asked("ada@example.org")).rejects.toMatchObject({
    error: { code: "INVALID_COMPOSE", message: expect.stringContaining("no project blog") },
  });
});

test("a server without projects has none", async () => {
  const { machine } = fakeMachine();
  expect(await foundProjects({}, { machine, signal })).toEqual({ projects: [] });
});
