/** A block of addresses as all proxies write them: the first one, and how many of its bits all have. */
interface Block {
  width: 32 | 128;
  first: bigint;
  length: number;
}

/** The networks without these others: for a proxy that can be told whom it lets in, and not whom it does not. What is whole is said as it was. */
export function without(networks: readonly string[], gone: readonly string[]): string[] {
  const holes = gone.map(blockOf);
  return networks.flatMap((network) => {
    const block = blockOf(network);
    const left = around(block, holes);
    return left.length === 1 && left[0] === block ? [network] : left.map(written);
  });
}

/** Halved until a half is whole, or all of it is gone. */
function around(block: Block, holes: Block[]): Block[] {
  const met = holes.filter((hole) => hole.width === block.width && (holds(block, hole) || holds(hole, block)));
  if (met.length === 0) return [block];
  if (met.some((hole) => holds(hole, block))) return [];
  const length = block.length + 1;
  const second = block.first + (1n << BigInt(block.width - length));
  return [block.first, second].flatMap((first) => around({ ...block, first, length }, met));
}

const holds = (outer: Block, inner: Block) =>
  inner.length >= outer.length && inner.first >> BigInt(outer.width - outer.length) === outer.first >> BigInt(outer.width - outer.length);

function blockOf(network: string): Block {
  const [address = "", bits] = network.split("/");
  const width = address.includes(":") ? 128 : 32;
  const length = bits === undefined ? width : Number(bits);
  const value = width === 32 ? numberOf(address.split("."), 8n, 10) : numberOf(groupsOf(address), 16n, 16);
  const rest = BigInt(width - length);
  return { width, first: (value >> rest) << rest, length };
}

const numberOf = (parts: string[], each: bigint, base: 10 | 16) =>
  parts.reduce((sum, part) => (sum << each) + BigInt(base === 16 ? `0x${part}` : part), 0n);

function groupsOf(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  if (tail === undefined) return groups(head);
  const missing = 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array.from({ length: missing }, () => "0"), ...groups(tail)];
}

function written({ width, first, length }: Block): string {
  const parts = width === 32 ? 4 : 8;
  const each = BigInt(width / parts);
  const part = (i: number) => (first >> (each * BigInt(parts - 1 - i))) & ((1n << each) - 1n);
  const all = Array.from({ length: parts }, (_, i) => part(i).toString(width === 32 ? 10 : 16));
  return `${all.join(width === 32 ? "." : ":")}/${length}`;
}
