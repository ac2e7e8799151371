import { AgentFrame, closeCodes, type ControlFrame } from "@appos/shared/agent-link";
import type { ServerSample } from "@appos/shared/servers";
import type { StreamInput, StreamKind } from "@appos/shared/streams";
import { AppError } from "../errors.ts";
import type { Services } from "../services.ts";
import { answer, news, welcome } from "./agent-link.ts";
import { challenge, type Greeting, helloProblem, proves } from "./handshake.ts";
import { linkStreams } from "./streams.ts";

/** An agent's socket. Its platform keeps what a room notes on it for as long as it is open, through hibernation too. */
export interface AgentSocket {
  /** Its number; 0 until it has joined. */
  epoch: number;
  /** Set by its hello, until its proof. */
  greeting: Greeting | undefined;
  /** Its agent has proved itself. */
  proven: boolean;
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** One server's live traffic. What it keeps, the database, the sockets and the agent could give back. */
export function room(services: Services, serverId: string, sockets: () => AgentSocket[]) {
  let turn: Promise<unknown> = Promise.resolve();
  /** One thing at a time, in the order it came. */
  function inTurn(task: () => Promise<void>) {
    const done = turn.then(task);
    turn = done.catch(() => {});
    return done;
  }

  let sample: ServerSample | undefined;
  const say = (socket: AgentSocket, frames: ControlFrame[]) => frames.forEach((frame) => socket.send(JSON.stringify(frame)));
  const linkOf = ({ epoch }: AgentSocket) => ({ serverId, epoch });
  const newest = () =>
    sockets()
      .filter(({ proven }) => proven)
      .toSorted((a, b) => b.epoch - a.epoch)
      .at(0);
  const streams = linkStreams((frame) => {
    const socket = newest();
    if (socket) say(socket, [frame]);
  });

  async function look() {
    const socket = newest();
    if (socket) say(socket, await news(services, linkOf(socket)));
    await services.jobs.tellEnds(serverId);
  }

  /** The number is given here and not at hello: a hello that comes late, from a socket given up, must find itself stale. */
  async function join(socket: AgentSocket) {
    socket.epoch = await services.jobs.openLink(serverId);
  }

  async function greet(socket: AgentSocket, hello: Extract<AgentFrame, { type: "hello" }>) {
    const problem = helloProblem(hello, serverId);
    if (problem) return socket.close(closeCodes[problem.code], problem.reason);
    if (socket.greeting || socket.proven) return socket.close(closeCodes.malformed, "There is one hello on a link");
    const { greeting, frame } = await challenge(services, hello);
    socket.greeting = greeting;
    say(socket, [frame]);
  }

  async function letIn(socket: AgentSocket, proof: Extract<AgentFrame, { type: "proof" }>) {
    const { greeting } = socket;
    socket.greeting = undefined;
    if (!greeting || !(await proves(services, serverId, greeting, proof))) {
      return socket.close(closeCodes.unproven, "This agent's key is not the one this server enrolled with");
    }
    const frames = await welcome(services, linkOf(socket), proof);
    if (!frames) return socket.close(closeCodes.stale, "A newer link is open");
    socket.proven = true;
    streams.end("The server's agent has connected anew");
    for (const other of sockets()) if (other.proven && other.epoch < socket.epoch) other.close(closeCodes.stale, "A newer link is open");
    say(socket, frames);
    await services.servers.connected(serverId);
    await look();
  }

  async function hear(socket: AgentSocket, text: string) {
    const { data: frame, error } = AgentFrame.safeParse(text);
    if (error) return ignoreOrClose(socket, text);
    if (frame.type === "hello") return greet(socket, frame);
    if (frame.type === "proof") return letIn(socket, frame);
    if (!socket.proven) return socket.close(closeCodes.unproven, "Nothing counts before the agent has proved itself");
    if (socket !== newest()) return;
    switch (frame.type) {
      case "facts":
        return services.servers.said(serverId, frame.facts);
      case "sample":
        sample = frame.sample;
        return services.events.publish({ type: "server.sampled", id: serverId, data: frame.sample });
      case "inventory":
        return services.apps.observed(serverId, frame.apps, frame.whole);
      case "stream-closed":
        return streams.closed(frame.streamId, frame.error);
    }
    say(socket, await answer(services, linkOf(socket), frame));
    if (frame.type === "refused" || frame.type === "finished") await look();
  }

  return {
    /** There may be work: offers the head of each free lane. */
    wake: () => inTurn(look),
    join: (socket: AgentSocket) => inTurn(() => join(socket)),
    receive: (socket: AgentSocket, text: string) => inTurn(() => hear(socket, text)),
    /** Stream bytes wait for nobody: they touch no row. */
    receiveBytes(socket: AgentSocket, bytes: Uint8Array) {
      if (!socket.proven || !streams.receive(bytes)) socket.close(closeCodes.malformed, "This frame is malformed");
    },
    /** A socket has closed; when it was the link, its server is away. */
    left: (socket: AgentSocket) =>
      inTurn(async () => {
        if (!socket.proven || newest()) return;
        streams.end("The server's agent has lost its connection");
        await services.servers.disconnected(serverId);
      }),
    revoke() {
      const wasUp = newest() !== undefined;
      for (const socket of sockets()) {
        socket.proven = false;
        socket.close(closeCodes.revoked, "This server was removed, or given another key");
      }
      return inTurn(async () => {
        if (!wasUp || newest()) return;
        streams.end("The server was removed, or given another key");
        await services.servers.disconnected(serverId);
      });
    },
    sample: () => (newest() ? sample : undefined),
    open<K extends StreamKind>(kind: K, input: StreamInput<K>): ReadableStream<Uint8Array> {
      if (!newest()) throw new AppError("SERVER_AWAY", "The server is away, and its logs are there. They can be read once it is back.");
      return streams.open(kind, input);
    },
  };
}

/** A frame of a type we do not know comes from a newer agent; anything else that does not fit is a fault. */
function ignoreOrClose(socket: AgentSocket, text: string) {
  const known = AgentFrame.out.options.map(({ shape }) => shape.type.value as string);
  const type = typeOf(text);
  if (type === undefined || known.includes(type)) socket.close(closeCodes.malformed, "This frame is malformed");
}

function typeOf(text: string): string | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === "object" && frame !== null && "type" in frame && typeof frame.type === "string" ? frame.type : undefined;
  } catch {
    return undefined;
  }
}
