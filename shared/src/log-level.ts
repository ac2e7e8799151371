import { z } from "zod";

/** From the gravest. */
export const LogLevel = z.enum(["error", "warn", "info", "debug"]);
export type LogLevel = z.output<typeof LogLevel>;

/** A word as programs write it, by its beginning: `warning`, `WRN` and `warn` are one. */
const byWord: [RegExp, LogLevel][] = [
  [/^(?:err|fatal|ftl|crit|alert|emerg|panic|severe|dpanic|f$|e$)/i, "error"],
  [/^(?:warn|wrn|w$)/i, "warn"],
  [/^(?:info|inf|notice|note|log$|information|i$|ok$)/i, "info"],
  [/^(?:debug|dbg|trace|trc|verbose|vrb|fine|silly|d\d?$|t$)/i, "debug"],
];
const ofWord = (word: string): LogLevel | undefined => byWord.find(([beginning]) => beginning.test(word))?.[1];

/** As pino and bunyan count: ten for each step. */
const ofNumber = (number: number): LogLevel => (number >= 50 ? "error" : number >= 40 ? "warn" : number >= 30 ? "info" : "debug");

const json = /"(?:level|severity|lvl|loglevel|log\.level|levelname|level_name|@l|s)"\s*:\s*(?:"([^"]{1,12})"|(\d{1,2})\b)/i;
const logfmt = /(?:^|\s)(?:level|lvl|severity|loglevel)=["']?([A-Za-z]{1,12})/;
/** klog, as Kubernetes and its kin write. */
const klog = /^([IWEF])\d{4} \d\d:\d\d/;
const syslog = /^<([0-7])>/;
/** [error], [core:warn], [pid 7:tid 9] … of web servers, databases and many others. */
const bracket =
  /[[(|](?:[a-z_]+:)?(error|err|warn|warning|info|notice|note|debug|trace|crit|critical|alert|emerg|fatal|system|inf|wrn|dbg|ftl)[\])|]/i;
const loud =
  /(?:^|[^\w])(FATAL|ERROR|ERR|CRITICAL|CRIT|EMERG|PANIC|SEVERE|WARNING|WARN|WRN|NOTICE|INFO|INF|DEBUG|DBG|TRACE|LOG)(?![\w])(?!=)/;
const quietly = /^(?:\S+ ){0,3}?(error|fatal|warning|warn|info|notice|debug)(?: \w+)?:\s/i;
const thrown =
  /^(?:[\w.$]*(?:Error|Exception)(?:: |$)|Traceback \(most recent call last\)|panic: |Exception in thread |Uncaught |PHP (?:Fatal|Parse) error|Segmentation fault)/;
const served = /HTTP\/[\d.]+" ([1-5])\d\d /;
const redis = /^\d+:[XCSM] \d\d \w{3} [\d: .]+ ([.*#-]) /;
const escapes = /\x1b\[[\d;]*m/g;

const HEAD = 240;
const JSON_HEAD = 2_000;

/** How grave a line of a log is, guessed from what it looks like; undefined where it does not say. */
export function levelOf(line: string): LogLevel | undefined {
  const text = line.includes("\x1b") ? line.slice(0, JSON_HEAD).replace(escapes, "") : line;
  const first = text.charCodeAt(0);
  if (first === 123) {
    const [, word, number] = json.exec(text.slice(0, JSON_HEAD)) ?? [];
    return word !== undefined ? ofWord(word) : number !== undefined ? ofNumber(Number(number)) : undefined;
  }
  const head = text.length > HEAD ? text.slice(0, HEAD) : text;
  const request = served.exec(head);
  if (request) return request[1] === "5" ? "error" : "info";
  const word = klog.exec(head) ?? logfmt.exec(head) ?? bracket.exec(head) ?? loud.exec(head) ?? quietly.exec(head);
  if (word) return /^system$/i.test(word[1]!) ? "info" : ofWord(word[1]!);
  if (thrown.test(head)) return "error";
  const priority = syslog.exec(head)?.[1];
  if (priority) return priority <= "3" ? "error" : priority === "4" ? "warn" : priority <= "6" ? "info" : "debug";
  const mark = redis.exec(head)?.[1];
  if (mark === undefined) return undefined;
  return mark === "#" ? "warn" : mark === "*" ? "info" : "debug";
}

/** Whether a line belongs to the one before it: the rest of a stack trace, or of a statement. */
export const goesOn = (line: string): boolean =>
  /^(?:\s+\S|Caused by: |\tat |\.\.\. \d+ more|STATEMENT: |DETAIL: |HINT: |CONTEXT: )/.test(line);

const order = LogLevel.options;
/** What says nothing of itself counts as info. */
export const isSoGrave = (level: LogLevel | undefined, least: LogLevel): boolean => order.indexOf(level ?? "info") <= order.indexOf(least);
