/** What Compose said when it refused a file: its own words, without its log format and our paths. */
export function refusal(lines: readonly string[], folder: string): string {
  const said = lines.filter((line) => !isWarning(line)).map((line) => plain(line, folder));
  return [...new Set(said)].join("\n").trim() || "Compose refused the file without saying why.";
}

/** What Compose warned of, each once. A key that does nothing is no news. */
export function warnings(lines: readonly string[], folder: string): string[] {
  const said = lines.filter(isWarning).map((line) => plain(line, folder));
  return [...new Set(said)].filter((warning) => !warning.includes("`version` is obsolete"));
}

/** The line that Compose counted, from 1. */
export function lineIn(message: string): number | undefined {
  const line = Number(/\bline (\d+)/.exec(message)?.[1]);
  return line > 0 ? line : undefined;
}

const isWarning = (line: string) => /^time="[^"]*" level=(warning|debug|info) /.test(line);

function plain(line: string, folder: string) {
  const logged = /^time="[^"]*" level=\w+ msg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
  const text = logged === undefined ? line : unquoted(logged);
  return text.replaceAll(`${folder}/`, "").replaceAll(folder, ".");
}

/** Go quotes much as JSON does. */
function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}
