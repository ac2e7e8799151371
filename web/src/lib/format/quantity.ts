const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** "512 B", "3.2 GiB", "118 GiB". */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

export const percentOf = (part: number, whole: number): number => (whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0);

/** "1 app", "3 apps", "no apps". */
export const count = (number: number, noun: string, nouns = `${noun}s`): string =>
  `${number === 0 ? "no" : number} ${number === 1 ? noun : nouns}`;

/** "a", "a and b", "a, b and c". */
export function listed(words: string[]): string {
  if (words.length < 2) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
