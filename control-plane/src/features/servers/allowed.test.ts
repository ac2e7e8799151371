import { defaultPolicy } from "@appos/shared/policy";
import { expect, test } from "vitest";
import { setUp } from "../../platform/memory/tester.ts";

/** A server that is up, with an app, and what its agent says of its policy. */
async function world() {
  const { admin, services } = await setUp();
  const serverId = (await admin("/api/v1/servers", { json: { name: "tokyo-1" } })).data.server.id as string;
  const facts = { hostname: "h", os: "o", kernel: "k", arch: "x64", cpus: 1, memoryBytes: 1, agentVersion: "0" };
  const docker = { dockerVersion: null, composeVersion: null, dockerProblem: null };
  await services.servers.connected(serverId, null);
  return {
    admin,
    leave: () => services.servers.disconnected(serverId, "gone"),
    says: (policy: object, policyProblem: string | null = null) =>
      services.servers.said(serverId, { ...facts, ...docker, policy: { ...defaultPolicy, ...policy }, policyProblem }),
    create: (name = "blog", headers = {}) =>
      admin("/api/v1/apps", { json: { name, source: { type: "compose", compose: "services: {web: {image: x}}" } }, headers }),
    stop: (headers = {}) => admin("/api/v1/apps/blog/stop", { method: "POST", headers }),
    jobCount: async () => (await admin("/api/v1/jobs")).data.pagination.total as number,
  };
}

test("a job that the server's policy forbids is refused before anything is written, with the rule's name", async () => {
  const { says, create, admin, jobCount } = await world();
  await says({ jobs: { deny: ["deploy-app"] } });
  expect(await create()).toMatchObject({ status: 403, error: { code: "POLICY_REFUSED", details: { rule: "jobs" } } });
  await says({ users: { only: ["someone@example.org"] } });
  expect(await create()).toMatchObject({ status: 403, error: { details: { rule: "users" } } });
  await says({}, "line 1, column 1: The file must be a map of keys to values.");
  expect(await create()).toMatchObject({
    status: 403,
    error: { details: { rule: "policy-file" } },
    message: expect.stringContaining("line 1"),
  });
  expect(await jobCount()).toBe(0);
  expect((await admin("/api/v1/apps")).data.items).toEqual([]);
});

test("whoever is named by the policy may", async () => {
  const { says, create } = await world();
  await says({ users: { only: ["ada@example.org"] } });
  expect((await create()).status).toBe(202);
});

test("a request made again with its key is answered with its job, though the policy has changed since", async () => {
  const { says, create, stop } = await world();
  await create();
  const key = { "idempotency-key": "k1" };
  const first = await stop(key);
  await says({ jobs: { deny: ["stop-app"] } });
  expect(await stop(key)).toMatchObject({ status: 202, data: { job: { id: first.data.job.id } } });
  expect((await stop()).status).toBe(403);
});

test("what a server that is away allows by now nobody knows: its agent decides", async () => {
  const { says, create, leave } = await world();
  await says({ jobs: { deny: ["deploy-app"] } });
  await leave();
  expect((await create()).status).toBe(202);
});

test("the console is told what a server allows", async () => {
  const { says, admin } = await world();
  await says({ terminals: { host: true, exec: false } });
  expect((await admin("/api/v1/servers/tokyo-1")).data.facts).toMatchObject({
    policy: { terminals: { host: true, exec: false }, registries: { only: null } },
    policyProblem: null,
  });
});
