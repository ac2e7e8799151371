export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFormat = "pretty" | "json";

type Fields = Record<string, string | number | boolean | null | undefined>;
type Say = (message: string, fields?: Fields) => void;

/** One line an event: what happened, and the ids it concerns. Secrets are no fields. */
export interface Log extends Record<LogLevel, Say> {
  /** The same log, whose every line carries these fields. */
  with(fields: Fields): Log;
}

interface LogOptions {
  format: LogFormat;
  level: LogLevel;
  now: () => number;
  write: (line: string) => void;
}

export function createLog(options: LogOptions, always: Fields = {}): Log {
  const sayAt =
    (level: LogLevel): Say =>
    (message, fields) => {
      if (logLevels.indexOf(level) < logLevels.indexOf(options.level)) return;
      const at = new Date(options.now()).toISOString();
      const all = { ...always, ...fields };
      options.write(options.format === "json" ? `${JSON.stringify({ at, level, message, ...all })}\n` : pretty(at, level, message, all));
    };
  return {
    debug: sayAt("debug"),
    info: sayAt("info"),
    warn: sayAt("warn"),
    error: sayAt("error"),
    with: (fields) => createLog(options, { ...always, ...fields }),
  };
}

function pretty(at: string, level: LogLevel, message: string, fields: Fields) {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined);
  const words = shown.map(([key, value]) => `${key}=${/^[\w.:/@-]+$/.test(String(value)) ? String(value) : JSON.stringify(value)}`);
  return `${[at, level.padEnd(5), oneLine(message), ...words].join(" ")}\n`;
}

/** What others said may hold line ends and control characters. They stay in their line. */
// oxlint-disable-next-line no-control-regex
const oneLine = (text: string) => text.replace(/[\u0000-\u001f\u007f]+/g, " ");
