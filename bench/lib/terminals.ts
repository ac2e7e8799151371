import type { TerminalTicket } from "@appos/shared/terminals";
import { WebSocket } from "ws";
import type { Client } from "./client.ts";
import { atEnd } from "./ends.ts";
import { ports } from "./places.ts";
import { start } from "./program.ts";

export type Terminal = ReturnType<typeof terminalOver>;

/** A shell on the server, through the control plane and the agent's link, as the console opens it. */
export async function ourTerminal(admin: Client): Promise<Terminal> {
  const { ticket } = await admin.ask<TerminalTicket>("POST", "servers/local/terminal", {});
  const address = `${admin.url.replace("http", "ws")}/api/v1/servers/local/terminal?ticket=${ticket}`;
  const socket = new WebSocket(address, ["appos.terminal.v1"], { origin: admin.url, perMessageDeflate: false });
  let unread = 0;
  // As often as the console does: when it has shown some of it.
  const terminal = terminalOver(socket, (bytes) => {
    unread += bytes.length;
    if (unread < 32 * 1024) return;
    socket.send(JSON.stringify({ type: "read", bytes: unread }));
    unread = 0;
  });
  await terminal.opened;
  return terminal;
}

/** Terminals of node-pty over a socket each, in one process: as near as anything can be. */
export async function bareTerminals() {
  const program = start(process.execPath, [`${import.meta.dirname}/bare-pty.ts`]);
  await program.says(/Bare terminals answer/);
  return async (): Promise<Terminal> => {
    const terminal = terminalOver(new WebSocket(`ws://127.0.0.1:${ports.peer}`, { perMessageDeflate: false }), () => {});
    await terminal.opened;
    return terminal;
  };
}

function terminalOver(socket: WebSocket, taken: (bytes: Buffer) => void) {
  let hear: (bytes: Buffer) => void = () => {};
  atEnd(() => socket.terminate());
  socket.on("message", (data: Buffer, isBinary) => {
    if (!isBinary) return;
    hear(data);
    taken(data);
  });
  const types = (text: string) => socket.send(Buffer.from(text));

  /** Resolves with the milliseconds until so many bytes have come, or the word. */
  const until = (there: (bytes: Buffer) => boolean) =>
    new Promise<number>((done) => {
      const began = performance.now();
      hear = (bytes) => there(bytes) && done(performance.now() - began);
    });
  return {
    opened: new Promise<void>((opened, failed) => socket.once("open", opened).once("error", failed)),
    /** Types a line, and waits until its answer ends with a word. */
    async ask(line: string, word: string) {
      let end = "";
      const answered = until((bytes) => (end = (end + bytes.toString("latin1")).slice(-200)).includes(word));
      types(line);
      return answered;
    },
    /** One key, until it is on the screen. */
    async key() {
      const shown = until((bytes) => bytes.includes(120));
      types("x");
      return shown;
    },
    /** Types a line, and waits for so many bytes. */
    async flood(line: string, bytes: number) {
      let left = bytes;
      const all = until((chunk) => (left -= chunk.length) <= 0);
      types(line);
      return all;
    },
    close: () => socket.terminate(),
  };
}
