import type { Log } from "../../ports.ts";

const levels = ["debug", "info", "warn", "error"] as const;

/** One JSON object a line: Workers Logs indexes its fields. */
export function jsonLog(lowest: (typeof levels)[number]): Log {
  const shown = (level: (typeof levels)[number]) => levels.indexOf(level) >= levels.indexOf(lowest);
  const at =
    (level: (typeof levels)[number]): Log["info"] =>
    (message, fields = {}) => {
      if (shown(level)) console[level](JSON.stringify({ message, ...fields }));
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
