import type { Command, Container, LogPart, Machine, Pty, PtyOptions } from "./machine.ts";

/** A server in memory, with a clock that moves when something waits. Everything succeeds unless told otherwise. */
export interface FakeServer {
  machine: Machine;
  files: Map<string, string>;
  /** What was run, as text. */
  commands: string[];
  containers: Container[];
  images: Set<string>;
  /** Why Docker cannot be used. */
  dockerProblem: string | undefined;
  policy: string | undefined;
  /** Comes before every command, and may throw in its place. */
  onRun: (command: Command) => void | Promise<void>;
  /** What becomes of a container that is started. */
  onStart: (container: Container) => void;
  /** Comes whenever time goes by. */
  onSleep: (now: number) => void;
  /** What is at a terminal that is opened, in a container or on the server itself. */
  onTerminal: (terminal: PtyOptions & { container?: Container }) => Pty | undefined;
  /** What each container has said, by its name. */
  logs: Map<string, LogPart[]>;
}
