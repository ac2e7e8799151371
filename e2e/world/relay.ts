import { connect, createServer, type Socket } from "node:net";
import { atEnd } from "./ends.ts";

export type Relay = Awaited<ReturnType<typeof relay>>;

/** A cable between an agent and the control plane, on this machine, that a story can cut. */
export async function relay(to: string) {
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((outer) => {
    if (!whole) return outer.resetAndDestroy();
    const inner = connect(Number(new URL(to).port), "127.0.0.1");
    for (const [socket, other] of [[outer, inner] as const, [inner, outer] as const]) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => (sockets.delete(socket), other.destroy()));
    }
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  /** Every connection breaks off; the next one may be opened. */
  const shake = () => sockets.forEach((socket) => socket.resetAndDestroy());
  atEnd(() => {
    shake();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    shake,
    cut() {
      whole = false;
      shake();
    },
    mend: () => void (whole = true),
  };
}
