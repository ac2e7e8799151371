import { webcrypto } from "node:crypto";
import { AgentFrame, challengeText, PROTOCOL_VERSION, proofText } from "@appos/shared/agent-link";
import type { ServerFacts } from "@appos/shared/servers";
import { dataFrame, readDataFrame } from "@appos/shared/streams";
import type { TerminalFrame, TerminalTicket } from "@appos/shared/terminals";
import { expect } from "vitest";
import { setUp } from "./tester.ts";
import type { Admission } from "../../features/terminals/service.ts";

const base64Url = (bytes: ArrayBuffer) => Buffer.from(bytes).toString("base64url");
export const soon = () => new Promise<void>((done) => setTimeout(done, 5));
type Said = { type: string; streamId: number; input: Record<string, unknown> } & Record<string, unknown>;

/** A control plane with a server whose agent is in the hands of a test. */
export async function world(policy?: object) {
  const it = await setUp();
  const { data } = await it.admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  const pair = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const publicKey = base64Url(await webcrypto.subtle.exportKey("raw", pair.publicKey));
  const { serverId, controlPlaneId } = (await it.nobody("/api/v1/agent/enroll", { json: { token: data.enrollment.token, publicKey } }))
    .data;

  /** Its agent connects, as the protocol wants it; its journal holds these jobs. */
  async function connect(jobs: string[] = []) {
    const said: Said[] = [];
    const bytes: string[] = [];
    const heard = (type: string) => said.filter((frame) => frame.type === type);
    const link = it.rooms.join(serverId, {
      send: (text) => void said.push(JSON.parse(text) as Said),
      sendBytes: (frame) => void bytes.push(new TextDecoder().decode(readDataFrame(frame)!.payload)),
      close: () => {},
    });
    const says = (frame: object) => link.receive(JSON.stringify(AgentFrame.parse(JSON.stringify(frame))));
    await link.joined;
    const agentNonce = base64Url(crypto.getRandomValues(new Uint8Array(32)).buffer);
    await says({ type: "hello", protocol: PROTOCOL_VERSION, serverId, nonce: agentNonce, agentVersion: "0" });
    const controlNonce = heard("challenge")[0]!["nonce"] as string;
    expect(challengeText({ agentNonce, controlNonce, controlPlaneId, serverId })).toContain(serverId);
    const proof = proofText({ agentNonce, controlNonce, controlPlaneId, serverId });
    const signature = base64Url(await webcrypto.subtle.sign("Ed25519", pair.privateKey, new TextEncoder().encode(proof)));
    await says({ type: "proof", signature, journal: "j", jobs, lanes: 3, seen: null });
    expect(heard("welcome")).toHaveLength(1);
    if (policy) await says({ type: "facts", facts: { ...facts, policy } });
    return {
      heard,
      says,
      bytes,
      output: (streamId: number, text: string) => link.receiveBytes(dataFrame(streamId, new TextEncoder().encode(text))),
      leave: () => link.leave(),
    };
  }

  const ask = (body: object = {}, who = it.admin) => who("/api/v1/servers/tokyo-1/terminal", { json: body });
  const admit = ({ ticket }: TerminalTicket, kind: "servers" | "apps" = "servers", idOrName = "tokyo-1", hasOrigin = true) =>
    it.services.terminals.admit(ticket, { kind, idOrName }, hasOrigin);
  function watch(admission: Admission | undefined, after = 0) {
    const frames: TerminalFrame[] = [];
    const closed: number[] = [];
    let output = "";
    const link = it.rooms.watch(
      admission!,
      { after, cols: 80, rows: 24 },
      {
        send: (text) => void frames.push(JSON.parse(text) as TerminalFrame),
        sendBytes: (bytes) => void (output += new TextDecoder().decode(bytes)),
        close: (code) => void closed.push(code),
      },
    );
    return { frames, closed, output: () => output, types: (text: string) => link.receiveBytes(new TextEncoder().encode(text)), ...link };
  }
  /** Asks for a terminal, comes to it, and the agent says that it is there. */
  async function open(agent: Awaited<ReturnType<typeof connect>>) {
    const { data: ticket } = await ask();
    const viewer = watch(await admit(ticket));
    const { streamId } = agent.heard("open-stream").at(-1)!;
    await agent.says({ type: "stream-control", streamId, message: { type: "ready", offset: 0, lost: 0 } });
    await soon();
    return { session: ticket.session as string, viewer, streamId };
  }
  const list = async () => (await it.admin("/api/v1/servers/tokyo-1/terminals")).data.items;
  return { ...it, serverId, connect, ask, admit, watch, open, list };
}

/** What an agent says of a server that has no engine. */
export const facts: ServerFacts = {
  hostname: "tokyo",
  os: "Debian 12",
  kernel: "6",
  arch: "x64",
  cpus: 2,
  memoryBytes: 1,
  agentVersion: "0",
  dockerVersion: null,
  composeVersion: null,
  dockerProblem: null,
  policy: null,
  policyProblem: null,
};
