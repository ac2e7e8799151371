import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { ControlFrame, movedText, PROTOCOL_VERSION, SUBPROTOCOL } from "@appos/shared/agent-link";
import { identity, signedBy } from "../../identity.ts";

const root = join(import.meta.dirname, "../../../..");
const master = randomBytes(32);
const TO = "https://panel.example.org";

interface Harness {
  listen(): Promise<{ url: URL }>;
  close(): Promise<void>;
}
let harness: Harness;
let origin: string;
beforeAll(async () => {
  const wrangler = pathToFileURL(createRequire(join(root, "tools/edge/package.json")).resolve("wrangler")).href;
  const { createTestHarness } = (await import(wrangler)) as { createTestHarness(options: object): Harness };
  // No database: a signpost needs none.
  const vars = { APPOS_MOVED_TO: TO, APPOS_SECRET_KEY: master.toString("base64") };
  harness = createTestHarness({ workers: [{ configPath: join(root, "wrangler.toml"), vars }] });
  ({ origin } = (await harness.listen()).url);
});
afterAll(() => harness.close());

test("a worker that has moved sends people on and refuses changes", async () => {
  const page = await fetch(`${origin}/servers/tokyo?tab=apps`, { redirect: "manual" });
  expect([page.status, page.headers.get("location")]).toEqual([307, `${TO}/servers/tokyo?tab=apps`]);
  const change = await fetch(`${origin}/api/v1/apps`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  expect([change.status, await change.json()]).toMatchObject([410, { error: { code: "MOVED" } }]);
});

test("a worker that has moved tells an agent where to go, signed with the key it has pinned", async () => {
  const socket = new WebSocket(`${origin.replace("http", "ws")}/api/agent/v1/connect?server=srv_1`, SUBPROTOCOL);
  const heard = new Promise<string>((resolve, reject) => socket.once("message", (data) => resolve(String(data))).once("error", reject));
  await new Promise((open) => socket.once("open", open));
  const nonce = randomBytes(32).toString("base64url");
  socket.send(JSON.stringify({ type: "hello", protocol: PROTOCOL_VERSION, serverId: "srv_1", nonce, agentVersion: "0" }));
  const frame = ControlFrame.parse(await heard) as Extract<ControlFrame, { type: "moved" }>;
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  const { id, publicKey } = await identity(new Uint8Array(master));
  const text = movedText({ agentNonce: nonce, nonce: frame.nonce, controlPlaneId: id, serverId: "srv_1", url: TO });
  expect(frame.url).toBe(TO);
  expect(await signedBy(publicKey, text, frame.signature)).toBe(true);
  expect(await closed).toBe(4012);
});
