import { expect, test } from "vitest";
import { ControlFrame, movedText } from "@appos/shared/agent-link";
import { identity, signedBy } from "./identity.ts";
import { signpost } from "./signpost.ts";

const master = new Uint8Array(32).fill(7);
const post = signpost(master, "https://new.example.org");
const nonce = "n".repeat(43);
const serverId = "srv_01kam3v0000000000000000000";
const hello = JSON.stringify({ type: "hello", protocol: 1, serverId, nonce, agentVersion: "1.0.0" });

test("people are shown the same page at the new address", () => {
  const answer = post.answer(new Request("http://old.example.org/apps/shop?tab=logs"));
  expect(answer.status).toBe(307);
  expect(answer.headers.get("location")).toBe("https://new.example.org/apps/shop?tab=logs");
  const odd = post.answer(new Request("http://old.example.org//evil.example.org/"));
  expect(new URL(odd.headers.get("location")!).host).toBe("new.example.org");
});

test("what would change something is refused, and says where to ask", async () => {
  const answer = post.answer(new Request("http://old.example.org/api/v1/apps", { method: "POST", body: "{}" }));
  expect(answer.status).toBe(410);
  expect(await answer.json()).toMatchObject({
    success: false,
    message: "AppOS has moved to https://new.example.org. Ask there.",
    error: { code: "MOVED" },
  });
});

test("an agent is told the new address, signed for its hello by the key it has pinned", async () => {
  const directions = (await post.direct(hello))!;
  expect(directions.serverId).toBe(serverId);
  const frame = ControlFrame.parse(directions.frame) as Extract<ControlFrame, { type: "moved" }>;
  const { id: controlPlaneId, publicKey } = await identity(master);
  const said = { agentNonce: nonce, nonce: frame.nonce, controlPlaneId, serverId, url: "https://new.example.org" };
  expect(frame.url).toBe(said.url);
  expect(await signedBy(publicKey, movedText(said), frame.signature)).toBe(true);
  expect(await signedBy(publicKey, movedText({ ...said, agentNonce: "o".repeat(43) }), frame.signature)).toBe(false);
});

test("whoever says no hello is told nothing", async () => {
  for (const said of ["", "ping", "{}", JSON.stringify({ type: "proof" })]) expect(await post.direct(said)).toBeUndefined();
});
