import { type AgentFrame, challengeText, type ControlFrame, PROTOCOL_VERSION, proofText } from "@appos/shared/agent-link";

/** Who this agent is and whom it trusts. Keys are Ed25519: public ones raw, the private one PKCS #8, all base64url. */
export interface Keys {
  serverId: string;
  controlPlaneId: string;
  controlPlaneKey: string;
  privateKey: string;
}

type Hello = Extract<AgentFrame, { type: "hello" }>;
type Challenge = Extract<ControlFrame, { type: "challenge" }>;

/** The other end is not the control plane that this agent was enrolled with. */
export class Impostor extends Error {}

/** Begins a link: what to say first, and how to answer the challenge. Fresh nonces, no clocks. */
export function handshake({ serverId, controlPlaneId, controlPlaneKey, privateKey }: Keys, agentVersion: string) {
  const agentNonce = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  return {
    hello: { type: "hello", protocol: PROTOCOL_VERSION, serverId, nonce: agentNonce, agentVersion } satisfies Hello,

    /** The signature of the proof. Throws Impostor unless the pinned control plane answered this very hello. */
    async prove(challenge: Challenge): Promise<string> {
      const said = { agentNonce, controlNonce: challenge.nonce, controlPlaneId, serverId };
      const pinned = await crypto.subtle.importKey("raw", fromBase64Url(controlPlaneKey), "Ed25519", false, ["verify"]);
      const genuine = await crypto.subtle.verify("Ed25519", pinned, fromBase64Url(challenge.signature), utf8(challengeText(said)));
      if (challenge.controlPlaneId !== controlPlaneId || !genuine)
        throw new Impostor("What answered is not the control plane that this server was enrolled with");
      const own = await crypto.subtle.importKey("pkcs8", fromBase64Url(privateKey), "Ed25519", false, ["sign"]);
      return toBase64Url(new Uint8Array(await crypto.subtle.sign("Ed25519", own, utf8(proofText(said)))));
    },
  };
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const toBase64Url = (bytes: Uint8Array) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const fromBase64Url = (text: string) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
