import { chmod, mkdir, open, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerOptions } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { CONSOLE_SOCKET } from "@appos/shared/sites";

/** Who asks, and whether they asked over HTTPS. */
export interface Visitor {
  address: string | null;
  secure: boolean;
}
export type VisitorOf = (request: IncomingMessage) => Visitor;
export type ConsoleDoor = ReturnType<typeof consoleDoor>;

/**
 * A second way in, besides the port: a socket in the folder that the proxy of this machine's own agent sees. Nobody else gets to it, for the
 * agent's folder lets nobody pass, so what is said there of visitors is that proxy's word, and it is believed nowhere else.
 */
export function consoleDoor(options: ServerOptions) {
  const http = createServer(options);
  const fromProxy = new WeakSet<Socket>();
  http.on("connection", (socket) => void fromProxy.add(socket));

  const visitorOf: VisitorOf = ({ socket, headers }) => {
    if (!fromProxy.has(socket)) return { address: socket.remoteAddress?.replace(/^::ffff:/, "") ?? null, secure: false };
    const [forwardedFor, protocol] = [headers["x-forwarded-for"], headers["x-forwarded-proto"]];
    // The proxy's own word is the last, should there be others.
    const address = String(forwardedFor ?? "")
      .split(",")
      .at(-1)!
      .trim();
    return { address: address.replace(/^::ffff:/, "") || null, secure: protocol === "https" };
  };

  /** In the folder of this machine's agent. One that an AppOS left that was killed is taken away. */
  async function listen(agentFolder: string) {
    await mkdir(agentFolder, { recursive: true, mode: 0o700 });
    const folder = join(agentFolder, CONSOLE_SOCKET.folder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // As the agent has it: the proxy's workers are nobody.
    await chmod(folder, 0o755);
    await rm(join(folder, CONSOLE_SOCKET.name), { force: true });
    const handle = await open(folder);
    // A path of a socket has 107 bytes at most, which a folder may be longer than.
    const path = `/proc/self/fd/${handle.fd}/${CONSOLE_SOCKET.name}`;
    await new Promise<void>((listening, fail) => {
      http.once("error", fail).listen({ path, readableAll: true, writableAll: true }, listening);
    });
    http.once("close", () => void handle.close());
  }

  return { http, visitorOf, listen };
}
