import {
  type AgentFrame,
  challengeText,
  type ControlFrame,
  OLDEST_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  proofText,
} from "@appos/shared/agent-link";
import { randomText } from "../bytes.ts";
import { signedBy } from "../identity.ts";
import type { Services } from "../services.ts";

type Hello = Extract<AgentFrame, { type: "hello" }>;
type Proof = Extract<AgentFrame, { type: "proof" }>;

/** What a socket's hello and our challenge agreed on; kept with the socket until its proof. */
export interface Greeting {
  agentNonce: string;
  controlNonce: string;
}

/** Why a hello cannot be answered; undefined when it can. */
export function helloProblem({ protocol, serverId }: Hello, roomOf: string): { code: "version" | "unproven"; reason: string } | undefined {
  if (protocol < OLDEST_PROTOCOL_VERSION || protocol > PROTOCOL_VERSION) {
    const spoken = `This control plane speaks versions ${OLDEST_PROTOCOL_VERSION} to ${PROTOCOL_VERSION} of the protocol, this agent ${protocol}`;
    return { code: "version", reason: spoken };
  }
  // The address led to this server's room: a hello for another one is no mistake of ours.
  if (serverId !== roomOf) return { code: "unproven", reason: "This is another server's address" };
  return undefined;
}

/** Our answer to a hello: who we are, signed with the agent's own nonce. */
export async function challenge({ system }: Services, { serverId, nonce }: Hello): Promise<{ greeting: Greeting; frame: ControlFrame }> {
  const identity = await system.identity();
  const greeting = { agentNonce: nonce, controlNonce: randomText(32) };
  const signature = await identity.sign(challengeText({ ...greeting, controlPlaneId: identity.id, serverId }));
  return { greeting, frame: { type: "challenge", nonce: greeting.controlNonce, controlPlaneId: identity.id, signature } };
}

/** Whether an agent holds the key of the server it claims to be. */
export async function proves({ system, servers }: Services, serverId: string, greeting: Greeting, { signature }: Proof): Promise<boolean> {
  const publicKey = await servers.publicKey(serverId);
  const { id: controlPlaneId } = await system.identity();
  return publicKey !== undefined && signedBy(publicKey, proofText({ ...greeting, controlPlaneId, serverId }), signature);
}
