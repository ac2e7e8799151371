export type NamedKey = "escape" | "tab" | "up" | "down" | "left" | "right";

const arrows = { up: "A", down: "B", right: "C", left: "D" };

/** What a key sends; arrows send another sequence where a program asked for it. */
export function keySequence(key: NamedKey, application: boolean): string {
  if (key === "escape") return "\x1b";
  if (key === "tab") return "\t";
  return `\x1b${application ? "O" : "["}${arrows[key]}`;
}

/** What a typed character sends with Ctrl held; what has no such meaning stays as it is. */
export function withControl(typed: string): string {
  if (typed === " ") return "\0";
  if (typed === "?") return "\x7f";
  const code = typed.toUpperCase().charCodeAt(0);
  return typed.length === 1 && code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : typed;
}
