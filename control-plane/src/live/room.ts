import { AgentFrame, closeCodes, type ControlFrame, type Offer } from "@appos/shared/agent-link";
import { failpoint } from "@appos/shared/failpoint";
import type { StreamInput, StreamKind } from "@appos/shared/streams";
import { AppError } from "../errors.ts";
import type { Services } from "../services.ts";
import { answer, news, welcome } from "./agent-link.ts";
import { challenge, type Greeting, helloProblem, proves } from "./handshake.ts";
import type { Admission } from "../features/terminals/service.ts";
import { returningViewer } from "./returning-viewer.ts";
import { roomSample } from "./room-sample.ts";
import { isStreamFrame, linkStreams, looksLikeStreamFrame } from "./streams.ts";
import { viewerLink, type ViewerSocket } from "./viewer-link.ts";

/** An agent's socket. Its platform keeps what a room notes on it for as long as it is open, through hibernation too. */
export interface AgentSocket {
  /** Its number; 0 until it has joined. */
  epoch: number;
  /** Set by its hello, until its proof. */
  greeting: Greeting | undefined;
  /** Its agent has proved itself. */
  proven: boolean;
  /** How many lanes its server runs side by side, as its proof says. */
  lanes: number;
  /** From where it called, where that is known. */
  address: string | null;
  /** Whether its agent answers now. */
  alive(): Promise<boolean>;
  send(text: string): void;
  sendBytes(bytes: Uint8Array): void;
  close(code: number, reason: string): void;
}

/** What a browser says of itself when it comes to a terminal: bytes of output that it has, and its size. */
export type View = Pick<StreamInput<"terminal">, "after" | "cols" | "rows">;

const GOING_AWAY = 1001;

export const serverAway = () =>
  new AppError("SERVER_AWAY", "The server is away, and its logs are there. They can be read once it is back.");

/** Other processes, of which one may hold a server's link. */
export interface Elsewhere {
  /** Whether its agent answers over a link that another process holds. */
  alive(serverId: string): Promise<boolean>;
  /** Its link is here now: whatever another process holds is stale. */
  joined(serverId: string, epoch: number): void;
  /** Its link is here no longer. */
  left(serverId: string): void;
}

/** One server's live traffic. What it keeps, the database, the sockets and the agent could give back. */
export function room(services: Services, serverId: string, sockets: () => AgentSocket[], elsewhere?: Elsewhere) {
  let turn: Promise<unknown> = Promise.resolve();
  /** One thing at a time, in the order it came. */
  function inTurn(task: () => Promise<void>) {
    const done = turn.then(task);
    turn = done.catch(() => {});
    return done;
  }

  const say = (socket: AgentSocket, frames: ControlFrame[]) => frames.forEach((frame) => socket.send(JSON.stringify(frame)));
  const linkOf = ({ epoch, lanes }: AgentSocket) => ({ serverId, epoch, lanes });
  const newest = () =>
    sockets()
      .filter(({ proven }) => proven)
      .toSorted((a, b) => b.epoch - a.epoch)
      .at(0);
  function tell(...frames: ControlFrame[]) {
    const socket = newest();
    if (socket) say(socket, frames);
  }
  const [firstStream] = crypto.getRandomValues(new Uint32Array(1));
  const streams = linkStreams({ send: tell, sendBytes: (bytes) => newest()?.sendBytes(bytes) }, firstStream);
  const sample = roomSample(services.system.samples, services.now, (forMs) => tell({ type: "watch", forMs }));

  /** Which offers the link has heard, and when: they are not repeated with each look. */
  let offered = new Map<string, number>();
  function sayOffers(socket: AgentSocket, frames: ControlFrame[]) {
    for (const frame of frames) if (frame.type === "offer") offered.set(frame.jobId, services.now());
    say(socket, frames);
  }

  /** Which of its jobs the link was asked to describe and has not yet: what nobody asked for is not taken up. Should this be lost, the next link is asked. */
  let describing = new Set<string>();

  async function look() {
    const socket = newest();
    if (socket) sayOffers(socket, await news(services, linkOf(socket), offered));
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
    if (socket.proven) return;
    const { greeting } = socket;
    socket.greeting = undefined;
    if (!greeting || !(await proves(services, serverId, greeting, proof))) {
      return socket.close(closeCodes.unproven, "This agent's key is not the one this server enrolled with");
    }
    const former = newest();
    // Its own agent has one link at a time: who still answers over the other one is somebody else, with a copy of its key.
    if ((former && (await former.alive())) || (await elsewhere?.alive(serverId))) {
      socket.close(closeCodes.copied, "Another agent with this server's key is connected");
      return services.servers.copied(serverId, socket.address);
    }
    socket.lanes = proof.lanes;
    const frames = await welcome(services, linkOf(socket), proof);
    if (!frames) return socket.close(closeCodes.stale, "A newer link is open");
    socket.proven = true;
    offered = new Map();
    describing = new Set(frames.flatMap((frame) => (frame.type === "describe" ? [frame.jobId] : [])));
    streams.end("The server's agent has connected anew");
    closeOlder(socket.epoch);
    elsewhere?.joined(serverId, socket.epoch);
    say(socket, frames);
    await services.servers.connected(serverId, socket.address, socket.epoch);
    await look();
  }

  function closeOlder(epoch: number) {
    for (const other of sockets()) if (other.proven && other.epoch < epoch) other.close(closeCodes.stale, "A newer link is open");
  }

  async function hear(socket: AgentSocket, text: string) {
    const { data: frame, error } = AgentFrame.safeParse(text);
    if (error) return ignoreOrClose(socket, text);
    if (frame.type === "hello") return greet(socket, frame);
    if (frame.type === "proof") return letIn(socket, frame);
    if (!socket.proven) return socket.close(closeCodes.unproven, "Nothing counts before the agent has proved itself");
    if (socket !== newest()) return;
    if (isStreamFrame(frame)) return streams.hear(frame);
    switch (frame.type) {
      case "facts":
        return services.servers.said(serverId, frame.facts);
      case "link-report":
        return services.servers.reported(serverId, frame);
      case "sample":
        sample.came(frame.sample);
        return services.events.publish({ type: "server.sampled", id: serverId, data: frame.sample });
      case "inventory":
        return services.apps.observed(serverId, frame.apps, frame.whole);
      case "sites":
        return services.domains.proxies.seen(serverId, frame.sites, frame.whole);
      case "uptime":
        await services.domains.uptime.said(serverId, frame);
        return say(socket, [{ type: "uptime-kept", id: frame.id }]);
      case "host-acts":
        return say(socket, [{ type: "host-acts-kept", ids: await services.hostActs.keep(serverId, frame.acts) }]);
      case "terminals":
        return services.terminals.reported(serverId, socket.epoch, frame);
    }
    if (frame.type === "described" && !describing.delete(frame.offer.jobId)) return;
    failpoint(`control plane: ${frame.type} is here`);
    if ("jobId" in frame && frame.type !== "output" && frame.type !== "logins-wanted") offered.delete(frame.jobId);
    const answers = await answer(services, linkOf(socket), frame);
    failpoint(`control plane: ${frame.type} is committed`);
    say(socket, answers);
    if (frame.type === "refused" || frame.type === "finished") await look();
  }

  /** A browser at one of the server's terminals. Over another link than the one it was let in for, it must come again. */
  function watch({ terminalId, target, by, resume, epoch }: Admission, view: View, socket: ViewerSocket) {
    const input = { session: terminalId, by, target, resume, ...view };
    return viewerLink(
      input,
      socket,
      (ears) => (epoch === undefined || newest()?.epoch !== epoch ? undefined : streams.connect("terminal", input, ears)),
      {
        ready: () => services.terminals.started(serverId, terminalId),
        refused: (why) => services.terminals.refused(serverId, terminalId, why),
      },
    );
  }

  return {
    /** There may be work: offers the head of each free lane. */
    wake: () => inTurn(look),
    /** A job was just written as offered over the link of this number. Over another one it may be offered no more. */
    offer: (offer: Offer, link: number) =>
      inTurn(async () => {
        const socket = newest();
        if (socket?.epoch !== link) return look();
        sayOffers(socket, [{ type: "offer", ...offer }]);
        await services.jobs.tellEnds(serverId);
      }),
    join: (socket: AgentSocket) => inTurn(() => join(socket)),
    receive: (socket: AgentSocket, text: string) =>
      // What is said in a stream keeps its place among the stream's bytes.
      socket.proven && looksLikeStreamFrame(text) ? hear(socket, text) : inTurn(() => hear(socket, text)),
    /** Stream bytes wait for nobody: they touch no row. */
    receiveBytes(socket: AgentSocket, bytes: Uint8Array) {
      if (socket.proven && socket !== newest()) return;
      if (!socket.proven || !streams.receive(bytes)) socket.close(closeCodes.malformed, "This frame is malformed");
    },
    /** A socket has closed; when it was the link, its server is away. */
    left: (socket: AgentSocket, why: string) =>
      inTurn(async () => {
        if (!socket.proven || newest()) return;
        streams.end("The server's agent has lost its connection");
        elsewhere?.left(serverId);
        await services.servers.disconnected(serverId, why, socket.epoch);
      }),
    /** `upTo`: sockets that came before. One whose number is not known yet has to prove itself still, and no old key does. */
    revoke(upTo = Infinity) {
      const epoch = newest()?.epoch;
      for (const socket of sockets()) {
        if (socket.epoch > upTo || (socket.epoch === 0 && upTo < Infinity)) continue;
        socket.proven = false;
        socket.close(closeCodes.revoked, "This server was removed, or given another key");
      }
      return inTurn(async () => {
        if (epoch === undefined || newest()) return;
        streams.end("The server was removed, or given another key");
        elsewhere?.left(serverId);
        await services.servers.disconnected(serverId, "The server was removed, or given another key.", epoch);
      });
    },
    sample: async () => (newest() ? sample.latest() : undefined),
    link: () => newest()?.epoch,
    alive: async () => (await newest()?.alive()) ?? false,
    /** A newer link is open in another process. */
    outdated: closeOlder,
    /** Sends the agent away: it comes back to wherever it is let in. */
    dismiss: (why: string) => newest()?.close(GOING_AWAY, why),
    endTerminals(sessions: string[], why: string) {
      tell(...sessions.map((session): ControlFrame => ({ type: "end-terminal", session, why })));
    },
    watch,
    /** A browser at a terminal whose socket is still here, and of which nothing else is known any more. */
    rewatch: (admission: Admission, socket: ViewerSocket) =>
      returningViewer(socket, ({ after, cols, rows }) => watch({ ...admission, epoch: newest()?.epoch }, { after, cols, rows }, socket)),
    open<K extends StreamKind>(kind: K, input: StreamInput<K>): ReadableStream<Uint8Array> {
      if (!newest()) throw serverAway();
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
