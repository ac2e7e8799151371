import type { Terminal } from "./verb.ts";

/** A line that others wrote, without what would command the screen of whoever reads it. */
export const plain = (line: string) => line.replace(/[^\P{Cc}\t]/gu, "");

/** The same where a person reads it; a program is given the line as it is. */
export const shown = (line: string, { screen }: Pick<Terminal, "screen">) => (screen ? plain(line) : line);
