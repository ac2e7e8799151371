import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { AGENT_PATH, type ControlFrame, PING, PONG, PROTOCOL_VERSION, proofText, SUBPROTOCOL } from "@appos/shared/agent-link";
import type { Enrolled } from "@appos/shared/servers";
import { WebSocket } from "ws";
import { type Api, api } from "./api.ts";
import { atEnd } from "./ends.ts";
import { NotLetIn } from "./terminal.ts";
import { until } from "./until.ts";

/** Who somebody says they are. */
export interface Identity {
  serverId: string;
  controlPlaneId: string;
  key: KeyObject;
}

/** A server that was enrolled, and whose agent is the story itself. */
export async function enrolledByHand(admin: Api, name: string): Promise<Identity> {
  const { enrollment } = await admin.addServer(name);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  const asked = { token: enrollment.token, publicKey: x };
  const { serverId, controlPlaneId } = await api(admin.url).post<Enrolled>("agent/enroll", asked);
  return { serverId, controlPlaneId, key: privateKey };
}

/** A socket as an agent opens it, and nothing said on it yet. Answers heartbeats, unless it is `silent`. */
export async function falseAgent(url: string, { serverId, controlPlaneId, key }: Identity, { silent = false } = {}) {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}${AGENT_PATH}?server=${serverId}`, [SUBPROTOCOL], {
    perMessageDeflate: false,
  });
  atEnd(() => socket.terminate());
  const frames: ControlFrame[] = [];
  const closed = new Promise<number>((done) => socket.on("close", done));
  socket.on("message", (data: Buffer) => {
    const text = String(data);
    if (text === PING && !silent) socket.send(PONG);
    if (text.startsWith("{")) frames.push(JSON.parse(text) as ControlFrame);
  });
  await new Promise<void>((opened, failed) => {
    socket.on("open", opened);
    socket.on("error", failed);
    socket.on("unexpected-response", (_, response) => failed(new NotLetIn(response.statusCode ?? 0)));
  });
  const says = (frame: object | string) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  const hears = <T extends ControlFrame["type"]>(type: T) =>
    until(`the control plane says ${type}`, () => frames.find((frame): frame is Extract<ControlFrame, { type: T }> => frame.type === type));

  /** Says hello, and gives back how it proves that it has the key. By then its socket has a number. */
  async function greets() {
    const agentNonce = randomBytes(32).toString("base64url");
    says({ type: "hello", protocol: PROTOCOL_VERSION, serverId, nonce: agentNonce, agentVersion: "0" });
    const { nonce: controlNonce } = await hears("challenge");
    const text = proofText({ agentNonce, controlNonce, controlPlaneId, serverId });
    const signature = sign(null, Buffer.from(text), key).toString("base64url");
    return () => says({ type: "proof", signature, journal: "by-hand", jobs: [] });
  }
  /** Whether or not it is then let in. */
  const proves = async () => (await greets())();
  return {
    frames,
    closed,
    says,
    hears,
    greets,
    proves,
    isOpen: () => socket.readyState === socket.OPEN,
    async joins() {
      await proves();
      return hears("welcome");
    },
    close: () => socket.close(),
  };
}
