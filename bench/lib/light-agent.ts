import { type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { type AgentFrame, challengeText, type ControlFrame, PROTOCOL_VERSION, proofText } from "@appos/shared/agent-link";
import { Policy } from "@appos/shared/policy";

/** Whom a light agent trusts, and by which key it proves itself. All of a bench's agents share one key. */
export interface LightKeys {
  controlPlaneId: string;
  controlPlaneKey: KeyObject;
  privateKey: KeyObject;
}

const version = "0.0.0";
const facts = {
  hostname: "light-agent",
  os: "Debian GNU/Linux 12 (bookworm)",
  kernel: "6.1.0-18-amd64",
  arch: "x64",
  cpus: 4,
  memoryBytes: 16 * 2 ** 30,
  agentVersion: version,
  dockerVersion: "29.0.1",
  composeVersion: "2.40.3",
  dockerProblem: null,
  policy: Policy.parse({}),
  policyProblem: null,
};

/**
 * What an agent says and does over its links, as light as it can be: it proves who it is, says how its server is,
 * and every job it is offered succeeds at once. What it has done it keeps until it may forget it, as a journal would.
 */
export function lightAgent(serverId: string, { controlPlaneId, controlPlaneKey, privateKey }: LightKeys, done: () => void) {
  const life = randomBytes(9).toString("base64url");
  const journal = randomBytes(9).toString("base64url");
  const finished = new Map<string, AgentFrame>();
  let seen: { incarnation: string; epoch: number } | null = null;
  let why: string | undefined;

  function sample(): AgentFrame {
    const [memoryTotalBytes, diskTotalBytes] = [16 * 2 ** 30, 200 * 2 ** 30];
    const used = { memoryUsedBytes: Math.floor(memoryTotalBytes * Math.random()), diskUsedBytes: Math.floor(diskTotalBytes / 3) };
    const rest = { cpuPercent: Math.random() * 100, load1: Math.random(), uptimeSeconds: 86_400, containersRunning: 3 };
    return { type: "sample", sample: { at: Date.now(), ...used, ...rest, memoryTotalBytes, diskTotalBytes } };
  }

  return {
    sample,
    lost: (reason: string) => void (why ??= reason),
    /** What is said over one link; `welcomed` is told when its agent is let in. */
    converse(send: (frame: AgentFrame) => void, welcomed: () => void) {
      const agentNonce = randomBytes(32).toString("base64url");
      const has = (frame: AgentFrame | undefined) => frame && send(frame);
      send({ type: "hello", protocol: PROTOCOL_VERSION, serverId, nonce: agentNonce, agentVersion: version });
      return (frame: ControlFrame) => {
        switch (frame.type) {
          case "challenge": {
            const said = { agentNonce, controlNonce: frame.nonce, controlPlaneId, serverId };
            if (!verify(null, Buffer.from(challengeText(said)), controlPlaneKey, Buffer.from(frame.signature, "base64url")))
              throw new Error("This is not the control plane that the agents were enrolled with");
            const signature = sign(null, Buffer.from(proofText(said)), privateKey).toString("base64url");
            return send({ type: "proof", signature, journal, jobs: [...finished.keys()], seen, lanes: 3 });
          }
          case "welcome":
            seen = { incarnation: frame.incarnation, epoch: frame.epoch };
            send({ type: "link-report", life, boot: null, last: why === undefined ? null : { why, sinceMs: 0, attempts: 1 } });
            why = undefined;
            send({ type: "terminals", open: [], ended: [] });
            send({ type: "inventory", apps: [], whole: true });
            send({ type: "facts", facts });
            send(sample());
            return welcomed();
          case "offer": {
            const { jobId, after } = frame;
            finished.set(jobId, { type: "finished", jobId, outcome: "succeeded", result: { services: [] }, lastSeq: after });
            send({ type: "accepted", jobId });
            return has(finished.get(jobId));
          }
          case "resend":
            return has(finished.get(frame.jobId));
          case "forget":
            if (finished.delete(frame.jobId)) done();
        }
      };
    },
  };
}
