export type Chance = ReturnType<typeof chanceFrom>;

/** Chance that can be repeated: Mulberry32, the same choices for the same seed. */
export function chanceFrom(seed: number) {
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  function next() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  const upTo = (n: number) => Math.floor(next() * n);
  return {
    next,
    /** A whole number from 0 up to n - 1. */
    upTo,
    between: (from: number, to: number) => from + upTo(to - from + 1),
    of: (probability: number) => next() < probability,
    pick: <T>(from: readonly T[]): T => from[upTo(from.length)]!,
    /** One of the names, each as likely as its weight says. */
    weighed<K extends string>(weights: Record<K, number>): K {
      const all = Object.entries<number>(weights) as [K, number][];
      let at = next() * all.reduce((sum, [, weight]) => sum + weight, 0);
      return (all.find(([, weight]) => (at -= weight) < 0) ?? all.at(-1)!)[0];
    },
  };
}
