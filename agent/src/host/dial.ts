import WebSocket from "ws";
import { AGENT_PATH, FRAME_BYTES, HANDSHAKE_MS, SUBPROTOCOL } from "@appos/shared/agent-link";
import type { LinkOptions } from "../link.ts";
import { outbound } from "./outbound.ts";

/** Who does not answer a farewell is not waited for. */
const FAREWELL_MS = 500;
/** Told so to ws, whose types do not know it yet. */
const impatience = { closeTimeout: FAREWELL_MS };

/** Opens sockets to the control plane at `url`. */
export function dialler({ url, serverId, ca }: { url: string; serverId: string; ca?: string | undefined }): LinkOptions["dial"] {
  const address = new URL(`${AGENT_PATH}?server=${serverId}`, url.replace(/^http/, "ws"));
  return ({ opened, text, bytes, gone }) => {
    const socket = new WebSocket(address, [SUBPROTOCOL], {
      agent: outbound(new URL(url), { ca }),
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: FRAME_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
      ...impatience,
    });
    let why = "";
    socket.on("open", () =>
      opened({
        send: (said) => socket.readyState === WebSocket.OPEN && socket.send(said),
        sendBytes: (said) => new Promise((sent, failed) => socket.send(said, (error) => (error ? failed(error) : sent()))),
        terminate: () => socket.terminate(),
        hangUp() {
          socket.close(1000, "The agent stops");
          setTimeout(() => socket.terminate(), FAREWELL_MS).unref();
        },
      }),
    );
    socket.on("message", (data: Buffer, isBinary) => (isBinary ? bytes(data) : text(String(data))));
    socket.on("error", (error) => (why ||= error.message));
    socket.on("close", (code, reason) => gone(why || String(reason) || `The connection was closed (${code})`));
  };
}
