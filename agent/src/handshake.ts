import { type AgentFrame, challengeText, type ControlFrame, movedText, PROTOCOL_VERSION, proofText } from "@appos/shared/agent-link";

/** Who this agent is and whom it trusts. Keys are Ed25519: public ones raw, the private one PKCS #8, all base64url. */
export interface Keys {
  serverId: string;
  controlPlaneId: string;
  controlPlaneKey: string;
  privateKey: string;
}

type Hello = Extract<AgentFrame, { type: "hello" }>;
type Challenge = Extract<ControlFrame, { type: "challenge" }>;
type Moved = Extract<ControlFrame, { type: "moved" }>;

/** Nothing more is to be said over this link; that is the link's own affair, and no fault. */
export class LinkOver extends Error {}
/** The other end is not the control plane that this agent was enrolled with. */
class Impostor extends LinkOver {}

/** Begins a link: what to say first, and how to answer the challenge. Fresh nonces, no clocks. */
export function handshake({ serverId, controlPlaneId, controlPlaneKey, privateKey }: Keys, agentVersion: string) {
  const agentNonce = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));

  async function mustHaveSigned(text: string, signature: string) {
    const pinned = await crypto.subtle.importKey("raw", fromBase64Url(controlPlaneKey), "Ed25519", false, ["verify"]);
    if (await crypto.subtle.verify("Ed25519", pinned, fromBase64Url(signature), utf8(text))) return;
    throw new Impostor("What answered is not the control plane that this server was enrolled with");
  }

  return {
    hello: { type: "hello", protocol: PROTOCOL_VERSION, serverId, nonce: agentNonce, agentVersion } satisfies Hello,

    /** The signature of the proof. Throws Impostor unless the pinned control plane answered this very hello. */
    async prove(challenge: Challenge): Promise<string> {
      const said = { agentNonce, controlNonce: challenge.nonce, controlPlaneId, serverId };
      const signature = challenge.controlPlaneId === controlPlaneId ? challenge.signature : "";
      await mustHaveSigned(challengeText(said), signature);
      const own = await crypto.subtle.importKey("pkcs8", fromBase64Url(privateKey), "Ed25519", false, ["sign"]);
      return toBase64Url(new Uint8Array(await crypto.subtle.sign("Ed25519", own, utf8(proofText(said)))));
    },

    /** Where the control plane is now. Throws where it was not the pinned one that said so, in answer to this very hello. */
    async newAddress({ url, nonce, signature }: Moved): Promise<string> {
      await mustHaveSigned(movedText({ agentNonce, nonce, controlPlaneId, serverId, url }), signature);
      return url;
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
