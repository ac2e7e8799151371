import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { AGENT_PATH } from "@appos/shared/agent-link";
import { atEnd } from "./ends.ts";

/** What stands before several control planes: each request goes to the next of them that answers. */
export async function front() {
  let ports: number[] = [];
  let turn = 0;
  let agentIsAt = 0;

  /** The next one, and those after it where that does not answer. */
  async function next(): Promise<{ socket: Socket; index: number } | undefined> {
    for (let tries = 0; tries < ports.length; tries++) {
      const index = turn++ % ports.length;
      const socket = await reach(ports[index]!);
      if (socket) return { socket, index };
    }
    return undefined;
  }

  const server = createServer((asked, reply) => {
    void next().then((found) => (found ? passOn(asked, reply, found.socket) : reply.destroy()));
  });
  server.on("upgrade", (asked, outer, head) => {
    outer.on("error", () => outer.destroy());
    void next().then((found) => {
      if (!found) return outer.destroy();
      if (asked.url?.startsWith(AGENT_PATH)) agentIsAt = found.index;
      return tunnel(asked, outer, head, found.socket);
    });
  });
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    lead: (urls: string[]) => void (ports = urls.map((url) => Number(new URL(url).port))),
    /** Which of them got the socket that an agent opened last. */
    agentIsAt: () => agentIsAt,
  };
}

function reach(port: number): Promise<Socket | undefined> {
  return new Promise((answer) => {
    const socket = connect(port, "127.0.0.1", () => answer(socket));
    socket.on("error", () => answer(undefined));
  });
}

/** Whoever goes takes the other along. */
function passOn(asked: IncomingMessage, reply: ServerResponse, socket: Socket) {
  const { method, url = "/", headers } = asked;
  const passed = request({ method, path: url, headers: { ...headers, connection: "close" }, createConnection: () => socket }, (answer) => {
    const { connection: _, ...rest } = answer.headers;
    reply.writeHead(answer.statusCode!, rest);
    reply.flushHeaders();
    answer.on("error", () => reply.destroy()).pipe(reply);
  });
  passed.on("error", () => reply.destroy());
  reply.on("close", () => passed.destroy());
  asked.pipe(passed);
}

/** What was asked goes on as it came. */
function tunnel(asked: IncomingMessage, outer: Duplex, head: Buffer, inner: Socket) {
  const lines = [`${asked.method} ${asked.url} HTTP/1.1`];
  for (let i = 0; i < asked.rawHeaders.length; i += 2) lines.push(`${asked.rawHeaders[i]}: ${asked.rawHeaders[i + 1]}`);
  inner.write(`${lines.join("\r\n")}\r\n\r\n`);
  inner.write(head);
  for (const [socket, other] of [[outer, inner] as const, [inner, outer] as const]) {
    socket.on("error", () => other.destroy());
    socket.on("close", () => other.destroy());
  }
  inner.pipe(outer).pipe(inner);
}
