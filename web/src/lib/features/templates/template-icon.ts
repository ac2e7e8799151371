/** What a template's icon is drawn from: a shape, a colour and one or two letters. */
export interface IconLook {
  letters: string;
  hue: number;
  /** The outline of the shape in a field of 48 by 48. */
  path: string;
}

/** Shapes that hold two letters well. */
const shapes = [
  "M12 2h24a10 10 0 0 1 10 10v24a10 10 0 0 1-10 10H12A10 10 0 0 1 2 36V12A10 10 0 0 1 12 2Z",
  "M24 2a22 22 0 1 1 0 44a22 22 0 1 1 0-44Z",
  "M24 2h10a12 12 0 0 1 12 12v10a22 22 0 0 1-44 0V14A12 12 0 0 1 14 2Z",
  "M2 24A22 22 0 0 1 24 2h12a10 10 0 0 1 10 10v12a22 22 0 0 1-22 22H12A10 10 0 0 1 2 36Z",
  "M18.5 4.2a11 11 0 0 1 11 0l10.4 6a11 11 0 0 1 5.5 9.5v8.6a11 11 0 0 1-5.5 9.5l-10.4 6a11 11 0 0 1-11 0l-10.4-6A11 11 0 0 1 2.600 28.300V19.700A11 11 0 0 1 8.100 10.200Z",
];

/** The same for the same template, always and everywhere. */
export function iconLook({
  id,
  name,
  icon,
}: {
  id: string;
  name: string;
  icon: { letters?: string | undefined; hue?: number | undefined };
}): IconLook {
  const number = hash(id.replace(/^.*:/, ""));
  return { letters: icon.letters ?? lettersOf(name), hue: icon.hue ?? number % 360, path: shapes[(number >>> 9) % shapes.length]! };
}

/** Of two words the first letters, of one the first two; a capital within a word begins another. */
export function lettersOf(name: string): string {
  const words = name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  const [first = "?", second] = words;
  const letters = second === undefined ? [...first].slice(0, 2).join("") : [...first][0]! + [...second][0]!;
  return letters.charAt(0).toUpperCase() + letters.slice(1);
}

/** FNV-1a: spreads names that differ little. */
function hash(text: string): number {
  let made = 0x811c9dc5;
  for (const char of text) made = Math.imul(made ^ char.codePointAt(0)!, 0x01000193);
  return made >>> 0;
}
