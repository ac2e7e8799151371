import { expect, test } from "vitest";
import { setUp } from "../../platform/memory/tester.ts";

const publicKey = "A".repeat(43);

async function world() {
  const it = await setUp();
  const { data } = await it.admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  const enroll = (token: string, key = publicKey) => it.nobody("/api/v1/agent/enroll", { json: { token, publicKey: key } });
  return { ...it, enroll, server: data.server, enrollment: data.enrollment };
}

test("the install command carries the token by environment and the control plane's fingerprint", async () => {
  const { enrollment } = await world();
  expect(enrollment.command).toBe(
    `export APPOS_ENROLLMENT_TOKEN=${enrollment.token} APPOS_CONTROL_PLANE_ID=${/cp_[\w-]{43}/.exec(enrollment.command)![0]}; curl -fsSL https://appos.example.org/install.sh | sudo -E sh`,
  );
  expect(enrollment.warning).toBeNull();
});

test("a token that nobody issued lets nobody in", async () => {
  const { enroll, enrollment } = await world();
  expect(await enroll("enroll_guess")).toMatchObject({ status: 401, error: { code: "INVALID_ENROLLMENT_TOKEN" } });
  expect(await enroll(enrollment.token.toUpperCase())).toMatchObject({ status: 401 });
});

test("of fifty agents with one token, one gets in", async () => {
  const { enroll, enrollment } = await world();
  const replies = await Promise.all(Array.from({ length: 50 }, () => enroll(enrollment.token)));
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(await enroll(enrollment.token)).toMatchObject({ status: 401, error: { code: "ENROLLMENT_TOKEN_USED" } });
});

test("a token is good for fifteen minutes, and a newer one makes it void", async () => {
  const { enroll, enrollment, platform, admin, server } = await world();
  platform.advance(15 * 60_000 + 1);
  expect(await enroll(enrollment.token)).toMatchObject({ status: 401, error: { code: "ENROLLMENT_TOKEN_EXPIRED" } });
  const newer = (await admin(`/api/v1/servers/${server.id}/enrollment`, { method: "POST" })).data;
  const newest = (await admin(`/api/v1/servers/${server.id}/enrollment`, { method: "POST" })).data;
  expect((await enroll(newer.token)).status).toBe(401);
  expect((await enroll(newest.token)).data).toMatchObject({ serverId: server.id, serverName: "tokyo-1" });
});

test("a removed server is gone, its token is void and its name is free", async () => {
  const { enroll, enrollment, admin, server } = await world();
  await admin(`/api/v1/servers/${server.id}`, { method: "DELETE" });
  expect((await admin(`/api/v1/servers/${server.id}`)).status).toBe(404);
  expect((await enroll(enrollment.token)).status).toBe(401);
  expect((await admin("/api/v1/servers", { json: { name: "tokyo-1" } })).status).toBe(201);
});

test("the installer names the address it was fetched from", async () => {
  const { nobody } = await world();
  expect((await nobody("/install.sh")).message).toMatch(/^url https:\/\/appos\.example\.org x64 [0-9a-f]{64}$/);
});
