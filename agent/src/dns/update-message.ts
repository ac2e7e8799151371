// What of DNS messages it takes to ask for one change of a zone: RFC 1035, section 4, and RFC 2136, sections 2 and 3.

const [TXT, SOA] = [16, 6];
const [IN, NONE] = [1, 254];
const UPDATE = 5;
const HEADER = 12;

export const u16 = (value: number) => [(value >>> 8) & 0xff, value & 0xff];
export const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** A name in its canonical form: lower case, nothing left out (RFC 1035, 3.1). */
export function nameBytes(name: string): number[] {
  const labels = name.toLowerCase().replace(/\.$/, "").split(".");
  return [...labels.flatMap((label) => [label.length, ...new TextEncoder().encode(label)]), 0];
}

export interface Change {
  id: number;
  zone: string;
  /** The name of the record, in that zone. */
  name: string;
  value: string;
  /** add: RFC 2136, 2.5.1; what is there already stays once. remove: 2.5.4; what is not there is no fault. */
  what: "add" | "remove";
  ttl: number;
}

/** One TXT record that is to be there, or is not to be. */
export function updateMessage({ id, zone, name, value, what, ttl }: Change): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(value);
  if (text.length > 255) throw new Error("A record of more than one string is not written here");
  const data = [text.length, ...text];
  const record = [...nameBytes(name), ...u16(TXT), ...u16(what === "add" ? IN : NONE), ...u32(what === "add" ? ttl : 0)];
  return Uint8Array.from([
    ...[id, UPDATE << 11, 1, 0, 1, 0].flatMap(u16),
    ...nameBytes(zone),
    ...u16(SOA),
    ...u16(IN),
    ...record,
    ...u16(data.length),
    ...data,
  ]);
}

/** A record of an answer, as far as it is looked at. */
export interface AnsweredRecord {
  /** Where it begins in the message, and its data. */
  at: number;
  type: number;
  /** The beginning of its data and its end. */
  data: number;
  end: number;
}

export interface Answered {
  id: number;
  isAnswer: boolean;
  rcode: number;
  /** Those of its last section, in which a signature is. */
  additional: AnsweredRecord[];
}

/** Reads what a server has answered. Throws where that is no message. */
export function readAnswer(bytes: Uint8Array): Answered {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER) throw new Error("its answer is too short");
  const [id, flags, zones, prerequisites, updates, additional] = [0, 2, 4, 6, 8, 10].map((at) => view.getUint16(at)) as Six;
  let at = HEADER;
  for (let i = 0; i < zones; i++) at = afterName(bytes, at) + 4;
  const record = (): AnsweredRecord => {
    const begin = at;
    const afterwards = afterName(bytes, at);
    if (afterwards + 10 > bytes.length) throw new Error("its answer is cut off");
    const data = afterwards + 10;
    at = data + view.getUint16(afterwards + 8);
    if (at > bytes.length) throw new Error("its answer is cut off");
    return { at: begin, type: view.getUint16(afterwards), data, end: at };
  };
  for (let i = 0; i < prerequisites + updates; i++) record();
  return { id, isAnswer: flags >>> 15 === 1, rcode: flags & 0xf, additional: Array.from({ length: additional }, record) };
}
type Six = [number, number, number, number, number, number];

/** Where a name ends that is written out, or points to another one (RFC 1035, 4.1.4). */
export function afterName(bytes: Uint8Array, begin: number): number {
  for (let at = begin; at < bytes.length;) {
    const length = bytes[at]!;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
  }
  throw new Error("its answer is cut off");
}
