import { expect, test, vi } from "vitest";
import { closeCodes } from "../shared/src/agent-link.ts";
import { world } from "./world.ts";

const patience = { timeout: 5_000, interval: 5 };
const codes = (closed: { code: number }[]) => closed.map(({ code }) => code);

test("an agent that proves itself is up; when its connection is gone it is away", async () => {
  const { connect, presence, linked, advance } = await world();
  expect(await presence()).toBe("added");
  const link = connect();
  await vi.waitUntil(async () => (await presence()) === "up", patience);
  link.cut();
  await vi.waitUntil(async () => !(await linked()), patience);
  expect(await presence(), "a moment is no absence").toBe("up");
  advance(11_000);
  expect(await presence()).toBe("away");
});

test("who holds another key is shown out, and the agent that is up stays up", async () => {
  const { connect, keys, enroll, presence } = await world();
  const genuine = connect();
  await vi.waitUntil(async () => (await presence()) === "up", patience);
  const other = await enroll("oslo-1");
  const forged = connect({ ...keys, privateKey: other.privateKey });
  await vi.waitUntil(() => forged.closed.length > 0, patience);
  expect(codes(forged.closed)).toEqual([closeCodes.unproven]);
  expect(genuine.closed).toEqual([]);
  expect(await presence()).toBe("up");
});

test("a server's agent cannot enter another server's room", async () => {
  const { connect, enroll, serverId } = await world();
  const other = await enroll("oslo-1");
  const link = connect(other, serverId);
  await vi.waitUntil(() => link.closed.length > 0, patience);
  expect(codes(link.closed)).toEqual([closeCodes.unproven]);
});

test("an agent proves nothing to a control plane that is not the one it was enrolled with", async () => {
  const { connect, keys, presence } = await world();
  const { publicKey: stranger } = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const link = connect({ ...keys, controlPlaneKey: Buffer.from(await crypto.subtle.exportKey("raw", stranger)).toString("base64url") });
  await vi.waitUntil(() => !link.open(), patience);
  expect(link.closed).toEqual([]);
  expect(await presence()).toBe("added");
});

test("a control plane that welcomes without a challenge gives no orders", async () => {
  const { agentAlone } = await world();
  const { hear, said } = agentAlone();
  await hear({ type: "welcome", epoch: 1, incarnation: "x" });
  await hear({
    type: "offer",
    jobId: "job_1",
    kind: "remove-app",
    lane: "app:app_1",
    input: { appId: "app_1", name: "blog", volumes: "delete" },
    after: 0,
    timeLimitMs: 1,
  });
  expect(said()).toEqual(["hello"]);
});

test("a newer link closes the older one; a hello from a connection given up changes nothing", async () => {
  const { connect, presence } = await world();
  const late = connect();
  late.hold();
  const first = connect();
  await vi.waitUntil(async () => (await presence()) === "up", patience);
  late.release();
  await vi.waitUntil(() => late.closed.length > 0, patience);
  expect(codes(late.closed)).toEqual([closeCodes.stale]);
  expect(first.closed).toEqual([]);

  connect();
  await vi.waitUntil(() => first.closed.length > 0, patience);
  expect(codes(first.closed)).toEqual([closeCodes.stale]);
  expect(await presence()).toBe("up");
});

test.each([
  ["what is no JSON", "nonsense", closeCodes.malformed],
  ["a job's frame before any proof", JSON.stringify({ type: "accepted", jobId: "job_1" }), closeCodes.unproven],
  [
    "a hello of a protocol not spoken here",
    JSON.stringify({ type: "hello", protocol: 99, serverId: "SERVER", nonce: "A".repeat(43), agentVersion: "9" }),
    closeCodes.version,
  ],
])("%s closes the socket with a reason", async (_, text, code) => {
  const { rooms, serverId } = await world();
  const closed: number[] = [];
  const { receive } = rooms().join(serverId, { send: () => {}, sendBytes: async () => {}, close: (said) => void closed.push(said) });
  await receive(text.replace("SERVER", serverId));
  expect(closed).toEqual([code]);
});

test("a frame of a kind that is not known yet is left alone", async () => {
  const { rooms, serverId } = await world();
  const closed: number[] = [];
  const { receive } = rooms().join(serverId, { send: () => {}, sendBytes: async () => {}, close: (said) => void closed.push(said) });
  await receive(JSON.stringify({ type: "sing", song: 1 }));
  expect(closed).toEqual([]);
});

test("a removed server's agent is shut out at once", async () => {
  const { connect, presence, ask } = await world();
  const link = connect();
  await vi.waitUntil(async () => (await presence()) === "up", patience);
  await ask("/servers/tokyo-1", { method: "DELETE" });
  expect(codes(link.closed)).toEqual([closeCodes.revoked]);
});
