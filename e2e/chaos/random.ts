/** Chance that comes out the same for the same seed (mulberry32). */
export type Random = ReturnType<typeof random>;

export function random(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (from: number, to: number) => from + Math.floor(next() * (to - from + 1)),
    percent: (share: number) => next() * 100 < share,
    pick: <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!,
    /** Chance of its own, which draws nothing from this one however often it is asked. */
    branch: (name: string) =>
      random([...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16_777_619), seed ^ 0x811c9dc5)),
  };
}
