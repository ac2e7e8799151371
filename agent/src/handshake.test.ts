import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { expect, test } from "vitest";
import { challengeText, movedText } from "@appos/shared/agent-link";
import { handshake } from "./handshake.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const agent = generateKeyPairSync("ed25519");
const nonce = "n".repeat(43);
const keys = {
  serverId: "srv_1",
  controlPlaneId: "cp_1",
  controlPlaneKey: publicKey.export({ format: "jwk" }).x!,
  privateKey: agent.privateKey.export({ type: "pkcs8", format: "der" }).toString("base64url"),
};
const signed = (text: string, key: KeyObject = privateKey) => sign(null, Buffer.from(text), key).toString("base64url");
const url = "https://new.example.org";

test("an address is believed that the pinned control plane has signed for this very hello, and no other", async () => {
  const { hello, newAddress } = handshake(keys, "1.0.0");
  const said = { agentNonce: hello.nonce, nonce, controlPlaneId: "cp_1", serverId: "srv_1", url };
  const frame = { type: "moved" as const, url, nonce };
  expect(await newAddress({ ...frame, signature: signed(movedText(said)) })).toBe(url);
  const forged: [string, string][] = [
    ["by another key", signed(movedText(said), agent.privateKey)],
    ["for another hello", signed(movedText({ ...said, agentNonce: "o".repeat(43) }))],
    ["for another server", signed(movedText({ ...said, serverId: "srv_2" }))],
    ["for another address", signed(movedText({ ...said, url: "https://evil.example.org" }))],
    ["with another nonce", signed(movedText({ ...said, nonce: "m".repeat(43) }))],
    ["for something else", signed(challengeText({ ...said, controlNonce: nonce }))],
    ["by nobody", "A".repeat(86)],
  ];
  for (const [why, signature] of forged) await expect(newAddress({ ...frame, signature }), why).rejects.toThrow("not the control plane");
});
