import { AGENT_PATH, SUBPROTOCOL } from "@appos/shared/agent-link";
import { WebSocket } from "ws";
import type { Identity } from "../../settings.ts";
import { whyNot } from "../ask-control-plane.ts";
import { outbound } from "../outbound.ts";

const PATIENCE_MS = 10_000;

/** What an attempt to open the agent's socket came to. */
export type Attempt = { opened: true; reply?: string } | { opened: false; status?: number; why: string };

/** Opens the agent's socket, says one thing if there is something to say, waits for one answer, and closes. It proves nothing, so it fences no link. */
export async function tryLink(
  url: URL,
  { serverId, ca }: Pick<Identity, "serverId" | "ca">,
  env: NodeJS.ProcessEnv,
  say?: string,
): Promise<Attempt> {
  const { promise, resolve } = Promise.withResolvers<Attempt>();
  const agent = outbound(url, { ca, env });
  const address = new URL(`${AGENT_PATH}?server=${serverId}`, url.href.replace(/^http/, "ws"));
  const socket = new WebSocket(address, [SUBPROTOCOL], { agent, handshakeTimeout: PATIENCE_MS, followRedirects: false });
  const patience = setTimeout(() => resolve({ opened: false, why: "no answer within 10 seconds" }), PATIENCE_MS);
  socket.on("open", () => (say === undefined ? resolve({ opened: true }) : socket.send(say)));
  socket.on("message", (data: Buffer) => resolve({ opened: true, reply: String(data) }));
  socket.on("close", (_code, reason) => resolve({ opened: false, why: String(reason) || "the connection was closed" }));
  socket.on("unexpected-response", (_request, { statusCode = 0 }) =>
    resolve({ opened: false, status: statusCode, why: `HTTP ${statusCode} instead of an upgrade` }),
  );
  socket.on("error", (error) => resolve({ opened: false, why: whyNot(error) }));
  const attempt = await promise;
  clearTimeout(patience);
  socket.terminate();
  agent.destroy();
  return attempt;
}
