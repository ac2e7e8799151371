/** When things happened, by name, and who waits for it. */
export function moments() {
  const heard = new Map<string, number[]>();
  const waiting = new Map<string, (() => void)[]>();
  const timesOf = (name: string) => heard.get(name) ?? heard.set(name, []).get(name)!;
  return {
    note(name: string, at: number) {
      timesOf(name).push(at);
      for (const look of waiting.get(name) ?? []) look();
      waiting.delete(name);
    },
    /** When it happened for the nth time; waits for it if need be. */
    async nth(name: string, n: number): Promise<number> {
      const times = timesOf(name);
      while (times.length < n)
        await new Promise<void>((look) => {
          const others = waiting.get(name);
          if (others) others.push(look);
          else waiting.set(name, [look]);
        });
      return times[n - 1]!;
    },
  };
}
