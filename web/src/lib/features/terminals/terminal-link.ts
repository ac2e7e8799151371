import type { TerminalFrame } from "@appos/shared/terminals";
import { ApiError, type ApiErrorCode, asApiError } from "#lib/api-error.ts";
import { api, type TerminalTarget } from "#lib/api.ts";
import { Credit } from "./credit.ts";
import { Input } from "./input.ts";

export type LinkState =
  | { is: "connecting" }
  | { is: "open" }
  /** Tried again until it works; `error` says what is in the way. */
  | { is: "away"; error: ApiError | undefined }
  | { is: "ended"; code: number | null; signal: string | null; why: string }
  /** Another page has it now. */
  | { is: "elsewhere" }
  /** It is not tried again by itself. */
  | { is: "refused"; error: ApiError };

export interface LinkOptions {
  target: TerminalTarget;
  /** One that is open already, to go on with. */
  session: string | undefined;
  size(): { columns: number; rows: number };
  onstate(state: LinkState): void;
  onsession(session: string): void;
  /** `again`: it was said before, to a page that is gone. */
  onoutput(data: Uint8Array<ArrayBuffer>, told: { again: boolean; taken(): void }): void;
  /** So many bytes were said meanwhile and are kept no more. */
  onlost(bytes: number): void;
  /** Calls `act` when something is back that may have been in the way. Returns how to stop. */
  whenBack(act: () => void): () => void;
}

/** As shared/terminals.ts has them; a test keeps the two the same. */
export const wire = { protocol: "appos.terminal.v1", inputBytes: 1024 * 1024, elsewhere: 4101 };
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** What trying again may change. */
const passing = new Set<string>(["SERVER_AWAY", "UNREACHABLE", "UNREADABLE", "INTERNAL", "TOO_MANY_ATTEMPTS", "SIGNED_OUT"]);

/** One terminal on its server, from this page: opened, and opened again where it was for as long as it lasts. */
export class TerminalLink {
  #state: LinkState = { is: "connecting" };
  readonly #options: LinkOptions;
  #session: string | undefined;
  #socket: WebSocket | undefined;
  #credit: Credit | undefined;
  #input: Input | undefined;
  /** Bytes of output that this page has. */
  #after = 0;
  /** Bytes that had been said when this page came. */
  #saidBefore = 0;
  #wait = FIRST_WAIT_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#session = options.session;
  }

  /** Returns how to leave: the terminal itself goes on. */
  start(): () => void {
    void this.#open();
    const deafen = this.#options.whenBack(() => this.tryNow());
    return () => {
      deafen();
      this.#left = true;
      clearTimeout(this.#timer);
      this.#socket?.close(1000);
    };
  }

  tryNow(): void {
    if (this.#state.is !== "away" || this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#open();
  }

  /** What is typed while nobody is there to take it is not kept: it would be run later, unseen. */
  type(data: Uint8Array<ArrayBuffer>): void {
    this.#input?.add(data);
  }

  resize(columns: number, rows: number): void {
    if (this.#state.is === "open") this.#say({ type: "resize", cols: columns, rows });
  }

  /** Ends the terminal and what runs in it. */
  end(): void {
    if (this.#state.is === "open") this.#say({ type: "end" });
  }

  /** Takes it back from another page. */
  takeOver(): void {
    if (this.#state.is !== "elsewhere") return;
    this.#is({ is: "connecting" });
    void this.#open();
  }

  #is(state: LinkState) {
    this.#state = state;
    this.#options.onstate(state);
  }

  async #open() {
    const { target, size } = this.#options;
    try {
      const ticket = await api.terminals.open(target, this.#session);
      if (this.#left) return;
      const { columns, rows } = size();
      const url = api.terminals.url(target, { ticket: ticket.ticket, after: this.#after, cols: columns, rows });
      this.#join(new WebSocket(url, wire.protocol), ticket.session);
    } catch (cause) {
      if (!this.#left) this.#failed(asApiError(cause));
    }
  }

  #join(socket: WebSocket, session: string) {
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    let reason: ApiError | undefined;
    // Only once it was let in is there such a terminal to come back to.
    socket.onopen = () => {
      this.#session = session;
      this.#options.onsession(session);
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") reason = this.#hear(JSON.parse(data) as TerminalFrame) ?? reason;
      else this.#take(new Uint8Array(data));
    };
    socket.onclose = ({ code }) => {
      this.#credit = this.#input = undefined;
      if (this.#left || this.#state.is === "ended") return;
      if (code === wire.elsewhere) this.#is({ is: "elsewhere" });
      else this.#failed(reason);
    };
  }

  #hear(said: TerminalFrame): ApiError | undefined {
    if (said.type === "ready") this.#ready(said);
    if (said.type === "taken") this.#input?.taken(said.bytes);
    if (said.type === "where") this.#sayWhere();
    if (said.type === "exit") this.#is({ is: "ended", code: said.code, signal: said.signal, why: said.why });
    if (said.type === "error") return new ApiError(said.code as ApiErrorCode, said.message);
    return undefined;
  }

  #ready({ offset, lost, end }: Extract<TerminalFrame, { type: "ready" }>) {
    if (lost > 0 && this.#after > 0) this.#options.onlost(lost);
    if (this.#after === 0) this.#saidBefore = end ?? 0;
    this.#after = offset;
    // What came before is not counted any more.
    const credit = new Credit((bytes) => this.#credit === credit && this.#say({ type: "read", bytes }));
    this.#credit = credit;
    this.#input ??= new Input(wire.inputBytes, (data) => this.#socket?.send(data));
    this.#wait = FIRST_WAIT_MS;
    this.#is({ is: "open" });
    const { columns, rows } = this.#options.size();
    this.resize(columns, rows);
  }

  /** The control plane has forgotten where this page is: output goes on after what it has, and what was typed has arrived. */
  #sayWhere() {
    this.#credit = undefined;
    this.#input?.allTaken();
    const { columns, rows } = this.#options.size();
    this.#say({ type: "at", after: this.#after, cols: columns, rows });
  }

  #take(data: Uint8Array<ArrayBuffer>) {
    const credit = this.#credit;
    const again = this.#after < this.#saidBefore;
    this.#after += data.length;
    credit?.came(data.length);
    this.#options.onoutput(data, { again, taken: () => credit?.taken(data.length) });
  }

  #failed(error: ApiError | undefined) {
    if (error?.code === "TERMINAL_ENDED") this.#is({ is: "ended", code: null, signal: null, why: error.message });
    else if (error && !passing.has(error.code)) this.#is({ is: "refused", error });
    else {
      this.#is({ is: "away", error });
      this.#timer = setTimeout(() => this.tryNow(), this.#wait * (0.75 + Math.random() / 2));
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    }
  }

  #say(message: object) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
