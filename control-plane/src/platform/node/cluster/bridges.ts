import { randomBytes } from "node:crypto";
import type { Wire } from "./connection.ts";

/** Each end shows the other that it is there, and one that shows nothing for so long is gone. */
const BEAT_MS = 5_000;
const SILENCE_MS = 15_000;
/** What the other end has not taken yet: far more than anybody may send who heeds the windows of streams. */
const AHEAD_BYTES = 4 * 1024 * 1024;
const TAKEN_BYTES = 256 * 1024;
const ID_BYTES = 16;
const HEAD_BYTES = 1 + ID_BYTES + 4;

const kinds = { text: 1, bytes: 2, note: 3, close: 4, beat: 5, taken: 6, broken: 7 } as const;
type Kind = keyof typeof kinds;
const kindOf = new Map(Object.entries(kinds).map(([kind, number]) => [number as number, kind as Kind]));

/** In place of a last word, where this end said more than the other takes. */
export const OVERFLOW = "overflow";

/** Who hears what comes over a bridge, and its end: what was said last, or undefined where it broke. */
export interface Ears {
  text?(text: string): void;
  bytes?(bytes: Uint8Array): void;
  /** What the two processes say to each other: nobody else's words. */
  note?(note: unknown): void;
  ended(last: unknown): void;
}
export interface Bridge {
  id: string;
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
  note(note: object): void;
  /** Ends it, with a last word. */
  close(last: object): void;
  /** The other end is there, at this process. */
  met(peer: string): void;
  /** Ends it as if it had broken. */
  fail(): void;
}
export type Bridges = ReturnType<typeof bridges>;

interface End {
  /** Whose link is at the other end. */
  serverId: string | undefined;
  heard(from: string, kind: Kind, number: number, payload: Buffer): void;
  beat(now: number): void;
  fail(): void;
}

/** Ways to and fro between this process and others, one for each terminal or log. One on which anything was lost breaks, at both ends. */
export function bridges(wire: Wire) {
  const open = new Map<string, End>();
  const frame = (id: Buffer, kind: Kind, number: number, payload: Uint8Array) => {
    const head = Buffer.alloc(HEAD_BYTES);
    head[0] = kinds[kind];
    id.copy(head, 1);
    head.writeUInt32BE(number, 1 + ID_BYTES);
    return Buffer.concat([head, payload]);
  };

  const deaf = wire.hear(`process.${wire.id}`, (bytes, from) => {
    const kind = kindOf.get(bytes[0] ?? 0);
    if (!kind || bytes.length < HEAD_BYTES) return;
    const id = bytes.subarray(1, 1 + ID_BYTES);
    const end = open.get(id.toString("hex"));
    if (end) end.heard(from, kind, bytes.readUInt32BE(1 + ID_BYTES), bytes.subarray(HEAD_BYTES));
    else if (kind !== "broken" && kind !== "close") wire.say(`process.${from}`, frame(id, "broken", 0, nothing));
  });
  const failAll = () => {
    for (const end of open.values()) end.fail();
  };
  wire.watch((up) => up || failAll());
  const beats = setInterval(() => {
    const now = performance.now();
    for (const end of open.values()) end.beat(now);
  }, BEAT_MS);

  /** One end of a bridge. Who begins one does not know yet at which process the other end is. */
  function bridge(ears: Ears, { id: name, peer, serverId }: { id?: string; peer?: string; serverId?: string } = {}): Bridge {
    const id = name === undefined ? randomBytes(ID_BYTES) : Buffer.from(name, "hex");
    const key = id.toString("hex");
    let over = false;
    let heardAt = performance.now();
    let sent = 0;
    let came = 0;
    let [ahead, taken] = [0, 0];
    let waiting: { kind: Kind; payload: Uint8Array }[] = [];

    function end(last: unknown) {
      if (over) return;
      over = true;
      open.delete(key);
      waiting = [];
      ears.ended(last);
    }
    function fail(why?: string) {
      if (over) return;
      if (peer !== undefined) wire.say(`process.${peer}`, frame(id, "broken", 0, nothing));
      end(why);
    }
    function say(kind: Kind, number: number, payload: Uint8Array = nothing) {
      if (!over && peer !== undefined && !wire.say(`process.${peer}`, frame(id, kind, number, payload))) fail();
    }
    function send(kind: Kind, payload: Uint8Array) {
      if (over) return;
      ahead += payload.length;
      if (ahead > AHEAD_BYTES) return fail(OVERFLOW);
      if (peer === undefined) waiting.push({ kind, payload: Buffer.from(payload) });
      else say(kind, (sent = next(sent)), payload);
    }
    function met(process: string) {
      if (peer !== undefined) return;
      peer = process;
      heardAt = performance.now();
      for (const { kind, payload } of waiting.splice(0)) say(kind, (sent = next(sent)), payload);
    }

    open.set(key, {
      serverId,
      heard(from, kind, number, payload) {
        met(from);
        if (from !== peer) return;
        heardAt = performance.now();
        if (kind === "broken") return end(undefined);
        if (kind === "taken") return void (ahead -= number);
        if (kind === "beat") return number === came ? undefined : fail();
        if (number !== next(came)) return fail();
        came = number;
        taken += payload.length;
        if (taken >= TAKEN_BYTES) {
          say("taken", taken);
          taken = 0;
        }
        if (kind === "close") return end(JSON.parse(payload.toString()));
        if (kind === "text") return ears.text?.(payload.toString());
        if (kind === "bytes") return ears.bytes?.(payload);
        ears.note?.(JSON.parse(payload.toString()));
      },
      beat(now) {
        if (peer === undefined) return;
        if (now - heardAt > SILENCE_MS) fail();
        else say("beat", sent);
      },
      fail: () => fail(),
    });

    return {
      id: key,
      text: (text) => send("text", Buffer.from(text)),
      bytes: (bytes) => send("bytes", bytes),
      note: (note) => send("note", Buffer.from(JSON.stringify(note))),
      close(last) {
        if (over) return;
        send("close", Buffer.from(JSON.stringify(last)));
        over = true;
        open.delete(key);
      },
      met,
      fail: () => fail(),
    };
  }

  return {
    bridge,
    /** A server's link is somewhere else now: what leads to where it was ends. */
    moved(serverId: string) {
      for (const end of open.values()) if (end.serverId === serverId) end.fail();
    },
    close() {
      clearInterval(beats);
      failAll();
      deaf();
    },
  };
}

const nothing = new Uint8Array();
const next = (number: number) => (number + 1) % 2 ** 32;
