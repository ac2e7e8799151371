import type { Log } from "../../ports.ts";
import type { NodeSettings } from "./settings.ts";

const levels = ["debug", "info", "warn", "error"] as const;
type Level = (typeof levels)[number];

/** Writes to standard error: a line of JSON each, or for people. */
export function logTo(write: (line: string) => void, { log, logLevel }: Pick<NodeSettings, "log" | "logLevel">): Log {
  const say =
    (level: Level) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (levels.indexOf(level) < levels.indexOf(logLevel)) return;
      const at = new Date().toISOString();
      write(
        log === "json"
          ? JSON.stringify({ at, level, message, ...fields })
          : `${at.slice(11, 19)} ${level.padEnd(5)} ${message}${pretty(fields)}`,
      );
    };
  return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
}

const pretty = (fields: Record<string, unknown>) =>
  Object.entries(fields)
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
