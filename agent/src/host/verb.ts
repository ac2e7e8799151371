import type { ParseArgsOptionsConfig } from "node:util";

/** The person, or the program, at the other end of a command. */
export interface Terminal {
  say(line: string): void;
  complain(line: string): void;
  /** A person can answer questions here. */
  interactive: boolean;
  /** What is said appears on a screen, which obeys control characters; otherwise a program reads it. */
  screen: boolean;
  /** The first line of the input. */
  readLine(prompt: string): Promise<string>;
}

export interface Asked {
  values: Record<string, string | boolean | undefined>;
  /** What follows the verb without a dash. */
  words: string[];
  env: NodeJS.ProcessEnv;
  terminal: Terminal;
}

/** One command of `appos-agent`. Answers its exit code; a Refusal is shown and counts as 1. */
export interface Verb {
  summary: string;
  /** What follows the verb, as help shows it. */
  usage?: string;
  options?: ParseArgsOptionsConfig;
  /** Whether words may follow. */
  words?: boolean;
  run(asked: Asked): Promise<number>;
}
