import { existsSync } from "node:fs";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { type WebSocket, WebSocketServer } from "ws";
import { AGENT_PATH, closeCodes, FRAME_BYTES, HANDSHAKE_MS, SUBPROTOCOL } from "@appos/shared/agent-link";
import { errorText } from "../../errors.ts";
import type { Log } from "../../ports.ts";
import { type Signpost, signpost } from "../../signpost.ts";
import type { ConsoleDoor } from "./console-door.ts";
import { masterKeyIn } from "./keys.ts";
import { localAgent, type Place } from "./local-agent.ts";
import type { NodeSettings } from "./settings.ts";
import { refuse } from "./viewers.ts";

/** An agent that was told goes by itself. */
const LEAVE_MS = 2_000;
const SOCKETS = 5_000;

/** Runs in place of a control plane that has moved. This machine's own agent goes on meanwhile, and is sent on like the others. */
export async function standAsSignpost(
  http: Server,
  door: ConsoleDoor,
  to: string,
  settings: NodeSettings,
  place: Place,
  log: Log,
): Promise<RequestListener> {
  const master = settings.secretKey ?? (await masterKeyIn(settings.dataDir));
  if (!master)
    throw new Error(
      `A signpost needs the master key, by which agents believe it, and there is none in ${settings.dataDir}. Set APPOS_SECRET_KEY.`,
    );
  if (to === settings.publicUrl) throw new Error("APPOS_MOVED_TO names the address of this very AppOS (APPOS_PUBLIC_URL).");
  const handle = sendOn([http, door.http], signpost(master, to), log);
  door.http.on("request", handle);
  const agent = settings.localAgent && existsSync(join(place.folder, "agent.json")) ? localAgent(undefined, place, log) : undefined;
  // Some may come by the address that the console had of its own.
  if (agent)
    await door.listen(place.folder).catch((error: unknown) => log.warn("nobody is sent on by the proxy", { error: errorText(error) }));
  agent?.begin();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      http.close();
      door.http.close();
      void Promise.resolve(agent?.stop()).then(() => process.exit(0));
    });
  log.info("AppOS has moved: agents and people who come here are sent there", { from: place.url, to });
  return handle;
}

/** Sends on whoever comes to an address where AppOS was. */
function sendOn(doors: Server[], { to, answer, direct, reason }: Signpost, log: Log): RequestListener {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const told = new Set<string>();

  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on("error", () => stream.destroy());
    if (URL.parse(request.url ?? "/", "http://localhost")?.pathname !== AGENT_PATH) return refuse(stream, "410 Gone");
    if (sockets.clients.size >= SOCKETS) return refuse(stream, "503 Service Unavailable");
    sockets.handleUpgrade(request, stream, head, attend);
  };
  for (const door of doors) door.on("upgrade", upgrade);

  function attend(ws: WebSocket) {
    const end = setTimeout(() => ws.terminate(), HANDSHAKE_MS);
    ws.on("error", () => ws.terminate());
    ws.on("close", () => clearTimeout(end));
    ws.once("message", (hello: Buffer) => {
      tell(ws, String(hello)).catch((error: unknown) => {
        log.error("an agent could not be sent on", { error: errorText(error) });
        ws.terminate();
      });
    });
  }

  async function tell(ws: WebSocket, hello: string) {
    const directions = await direct(hello);
    if (!directions) return ws.close(closeCodes.malformed, "This is no hello");
    ws.send(directions.frame);
    setTimeout(() => ws.close(closeCodes.moved, reason), LEAVE_MS).unref();
    if (told.has(directions.serverId) || told.size >= SOCKETS) return;
    told.add(directions.serverId);
    log.info("an agent was sent on", { serverId: directions.serverId, to });
  }

  return getRequestListener(answer);
}
