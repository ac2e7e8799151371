import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { atEnd } from "./ends.ts";
import { forward } from "./forward.ts";

/** What the DNS of a story says, by name: the port of this machine that stands for its port 443. */
const known = new Map<string, number>();
export const leadsHere = (name: string, port: number): void => void known.set(name, port);

/** A forward proxy, by which a browser on another machine uses this one's loopback addresses. */
export async function proxy(host: string): Promise<string> {
  const server = createServer((asked, reply) => {
    const { hostname, port, pathname, search } = new URL(asked.url!);
    forward(asked, reply, { hostname, port, path: pathname + search });
  });
  server.on("connect", tunnel);
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(0, host, resolve));
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://${host}:${typeof address === "object" ? address?.port : ""}`;
}

function tunnel({ url = "" }: IncomingMessage, outer: Duplex) {
  const { hostname, port } = new URL(`http://${url}`);
  const here = known.get(hostname);
  const inner = connect(here ?? Number(port || 443), here === undefined ? hostname : "127.0.0.1", () =>
    outer.write("HTTP/1.1 200 OK\r\n\r\n"),
  );
  for (const [socket, other] of [[outer, inner] as const, [inner, outer] as const]) {
    socket.on("error", () => other.destroy());
    socket.on("close", () => other.destroy());
  }
  inner.pipe(outer).pipe(inner);
}
