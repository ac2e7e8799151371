import { connect, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { atEnd } from "../world/ends.ts";
import type { Certificate } from "../world/tls.ts";
import type { Frame } from "./frames.ts";
import { pump } from "./pump.ts";
import { type Random } from "./random.ts";
import { calm, type Direction, type Weather } from "./weather.ts";

/** Frames about jobs: told again they must change nothing. What opens a link is told once on each, and streams are no business of jobs. */
export const jobFrames = ["offer", "accepted", "refused", "output", "finished", "ack", "resend", "cancel", "forget"];
const REMEMBERED = 100;
const BAD_GATEWAY =
  "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<h1>502</h1>\r\n\r\n";

interface Options {
  host: string;
  port?: number;
  /** The control plane's port on this machine. */
  to: number;
  certificate: Certificate;
  random: Random;
}

interface Connection {
  /** Under the encryption, so that it can be reset. */
  raw: Socket;
  outer: TLSSocket;
  inner: Socket;
  heardAt: number;
  /** One side was dropped, and the other is not told. */
  halfOpen: boolean;
  inject(direction: Direction, frames: Frame[]): void;
}

/** What stands between agents and the control plane, ends TLS as front ends do, and does to the wire what it is told. */
export async function chaosProxy({ host, port = 0, to, certificate, random }: Options) {
  const weather: Record<Direction, Weather> = { up: { ...calm }, down: { ...calm } };
  const told: Record<Direction, Frame[]> = { up: [], down: [] };
  const connections = new Set<Connection>();
  const links: number[] = [];
  let [refuse, idleMs] = [false, 0];
  let replay: Direction[] = [];
  let count = 0;
  const counted = { duplicated: 0, replayed: 0, refused: 0 };

  const server = createServer((raw) => {
    const outer = new TLSSocket(raw, { isServer: true, key: certificate.key, cert: certificate.cert });
    const chance = random.branch(`connection ${++count}`);
    const connection: Connection = {
      raw,
      outer,
      inner: connect(to, "127.0.0.1"),
      heardAt: performance.now(),
      halfOpen: false,
      inject: () => {},
    };
    const { inner } = connection;
    connections.add(connection);
    raw.on("error", () => {});
    const ways = {
      up: pump({
        from: outer,
        to: inner,
        weather: () => weather.up,
        random: chance.branch("up"),
        onFrame: (frame) => passed("up", frame),
        onHead,
      }),
      down: pump({
        from: inner,
        to: outer,
        weather: () => weather.down,
        random: chance.branch("down"),
        onFrame: (frame) => passed("down", frame),
      }),
    };
    connection.inject = (direction, frames) => ways[direction].inject(frames);
    for (const [socket, other] of [[outer, inner] as const, [inner, outer] as const]) {
      socket.on("error", () => socket.destroy());
      socket.on("data", () => (connection.heardAt = performance.now()));
      socket.on("close", () => {
        if (connection.halfOpen && !other.destroyed) return;
        connections.delete(connection);
        other.destroy();
      });
    }

    function onHead(head: string): boolean {
      if (!/^upgrade: *websocket/im.test(head)) return true;
      if (!refuse) return links.push(performance.now()) > 0;
      counted.refused++;
      outer.end(BAD_GATEWAY);
      return false;
    }
    /** How often a frame that passes arrives, and what old news comes after it. */
    function passed(direction: Direction, frame: Frame): number {
      if (direction === "down" && frame.type === "welcome" && replay.length > 0) setTimeout(tellAgain, 50, connection);
      if (!jobFrames.includes(frame.type)) return 1;
      told[direction] = [...told[direction].slice(1 - REMEMBERED), frame];
      const twice = chance.percent(weather[direction].duplicatePercent);
      if (twice) counted.duplicated++;
      return twice ? 2 : 1;
    }
  });

  function tellAgain(connection: Connection) {
    for (const direction of replay) {
      counted.replayed += told[direction].length;
      connection.inject(direction, told[direction]);
    }
  }

  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(port, host, resolve));
  const idle = setInterval(() => {
    for (const { outer, inner, heardAt } of connections)
      if (idleMs > 0 && performance.now() - heardAt > idleMs) [outer, inner].forEach((socket) => socket.destroy());
  }, 250);
  const destroyAll = () => {
    for (const { raw, outer, inner } of connections) [raw, outer, inner].forEach((socket) => socket.destroy());
    connections.clear();
  };
  atEnd(() => {
    clearInterval(idle);
    server.close();
    destroyAll();
  });

  const address = server.address();
  return {
    url: `https://${host}:${typeof address === "object" ? address?.port : ""}`,
    counted,
    /** When each link was asked for. */
    links: () => [...links],
    /** Changes the weather both ways, or one way. */
    set(changes: Partial<Weather>, ...directions: Direction[]) {
      for (const direction of directions.length > 0 ? directions : (["up", "down"] as const)) Object.assign(weather[direction], changes);
    },
    /** The wire is as it should be, from now on. */
    calm() {
      for (const direction of ["up", "down"] as const) Object.assign(weather[direction], calm);
      [refuse, idleMs, replay] = [false, 0, []];
    },
    /** Every connection ends with a TCP reset at both ends. */
    reset() {
      for (const { raw, inner } of connections) [raw, inner].forEach((socket) => socket.resetAndDestroy());
      connections.clear();
    },
    /** One end is gone, and the other is not told: it only hears nothing any more. */
    halfOpen(gone: "agent" | "control-plane") {
      for (const connection of connections) {
        connection.halfOpen = true;
        (gone === "agent" ? connection.outer : connection.inner).destroy();
      }
    },
    refuseUpgrades: (on: boolean) => void (refuse = on),
    idleTimeout: (ms: number) => void (idleMs = ms),
    /** After each new link is welcomed, the last hundred job frames that went this way are told again. */
    replayAfterReconnect: (...directions: Direction[]) => void (replay = directions),
  };
}
