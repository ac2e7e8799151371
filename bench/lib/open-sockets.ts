import { connect, type Socket } from "node:net";
import { IMAGE } from "./engine.ts";
import { ports } from "./places.ts";

/** So long what is open to a container that is to end may go on. */
export const GRACE_MS = 2_000;
const [ANSWER_MS, AT_ONCE] = [10_000, 10];

/** A service that says yes to who wants a websocket, and then repeats what it hears. */
export const repeater = (mark: string) => `  sockets:
    image: ${IMAGE}
    stop_grace_period: 1s
    labels: {appos.drain: "${GRACE_MS / 1_000}s"}
    environment: {MARK: "${mark}"}
    command:
      - /bin/sh
      - -c
      - |
        echo 'while read -r l; do [ "$\${#l}" -le 1 ] && break; done; printf "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n"; exec cat' > /echo.sh
        exec nc -ll -p 81 -e /bin/sh /echo.sh
`;

interface Open {
  socket: Socket;
  closedAt?: number;
}

/** Websockets that stay open through the proxy. */
export function openSockets(name: string, path: string) {
  let all: Open[] = [];
  const one = () =>
    new Promise<Open>((resolve, reject) => {
      const open: Open = { socket: connect(ports.http, "127.0.0.1") };
      open.socket.setTimeout(ANSWER_MS, () => open.socket.destroy(new Error("a websocket was not answered")));
      open.socket.on("error", reject).on("close", () => (open.closedAt = performance.now()));
      open.socket.once("data", (bytes) => {
        open.socket.setTimeout(0);
        if (String(bytes).startsWith("HTTP/1.1 101")) resolve(open);
        else reject(new Error(`a websocket was answered: ${String(bytes).split("\r\n")[0]}`));
      });
      open.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    });
  return {
    async fill(count: number) {
      all = all.filter(({ closedAt }) => closedAt === undefined);
      while (all.length < count) all.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - all.length) }, one))));
    },
    /** How many were closed before then. */
    closedBefore: (moment: number) => all.filter(({ closedAt = Infinity }) => closedAt < moment).length,
    end: () => all.forEach(({ socket }) => socket.destroy()),
  };
}
