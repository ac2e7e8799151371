const TEXT = 1;

/** A whole WebSocket frame, as it went over the wire. */
export interface Frame {
  bytes: Buffer;
  /** What a text frame says it is; empty for anything else. */
  type: string;
}

/** Cuts a stream of bytes into whole WebSocket frames. What is left over waits for more. */
export function frameCutter() {
  let left: Buffer = Buffer.alloc(0);
  return (chunk: Buffer): Frame[] => {
    left = left.length === 0 ? chunk : Buffer.concat([left, chunk]);
    const frames: Frame[] = [];
    for (let head = headOf(left); head && left.length >= head.end; head = headOf(left)) {
      frames.push({ bytes: left.subarray(0, head.end), type: typeOf(left, head) });
      left = left.subarray(head.end);
    }
    return frames;
  };
}

interface Head {
  opcode: number;
  mask: Buffer | undefined;
  from: number;
  end: number;
}

/** RFC 6455, section 5.2. */
function headOf(bytes: Buffer): Head | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes[0]!, bytes[1]!];
  const short = second & 0x7f;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  const masked = (second & 0x80) !== 0;
  const from = 2 + extra + (masked ? 4 : 0);
  if (bytes.length < from) return undefined;
  const length = extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return { opcode: first & 0x0f, mask: masked ? bytes.subarray(from - 4, from) : undefined, from, end: from + length };
}

/** The type is near the beginning of what AppOS's programs say to each other. */
function typeOf(bytes: Buffer, { opcode, mask, from, end }: Head): string {
  if (opcode !== TEXT) return "";
  const beginning = Buffer.from(bytes.subarray(from, Math.min(end, from + 200)));
  if (mask) for (let i = 0; i < beginning.length; i++) beginning[i]! ^= mask[i % 4]!;
  return /"type":"([a-z-]+)"/.exec(beginning.toString("latin1"))?.[1] ?? "";
}
