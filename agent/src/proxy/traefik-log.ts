const MESSAGE = 2_000;

/** One JSON object a line: https://doc.traefik.io/traefik/v3.6/reference/install-configuration/observability/logs-and-accesslogs/. */
interface Said {
  level?: unknown;
  message?: unknown;
  error?: unknown;
  domains?: unknown;
  providerName?: unknown;
  routerName?: unknown;
  time?: unknown;
}

/** Which names it could get no certificate for, and why, in the words of pkg/provider/acme/provider.go. */
export function traefikProblems(lines: string[]): Map<string, string> {
  const problems = new Map<string, string>();
  for (const { level, message, error, domains } of lines.map(parsed)) {
    if (level !== "error" || typeof message !== "string" || typeof error !== "string") continue;
    const renewed = /^Error renewing [^:]*: \{(\S+) /.exec(message)?.[1];
    const names = message.startsWith("Unable to obtain ACME certificate") && Array.isArray(domains) ? domains : [renewed];
    for (const name of names) if (typeof name === "string") problems.set(name, wordsOf(error).slice(0, MESSAGE));
  }
  return problems;
}

/** `unable to generate a certificate for the domains [name]: error: one or more domains had a problem:\n[name] what it said, url: …` */
const wordsOf = (error: string) =>
  error
    .replace(/^unable to generate a certificate for the domains \[[^\]]*\]: /, "")
    .replace(/^error: one or more domains had a problem:\s*/, "")
    .replace(/^\[[^\]]*\] /, "")
    .replace(/, url: \S*\s*$/, "")
    .trim();

/** What it did not take of its configuration since then: one router that it does not take, it leaves out, and serves the others. */
export function traefikComplaint(lines: string[], since: number): string | undefined {
  const said = lines.map(parsed).find(({ level, time, providerName, routerName }) => {
    const isOfConfiguration = providerName === "file" || (typeof routerName === "string" && providerName === undefined);
    // Its clock is the server's, and shows seconds.
    return level === "error" && isOfConfiguration && typeof time === "string" && Date.parse(time) >= since - (since % 1_000);
  });
  return said && [said.routerName, said.message, said.error].filter((part) => typeof part === "string" && part !== "").join(": ");
}

function parsed(line: string): Said {
  try {
    const said: unknown = JSON.parse(line);
    return typeof said === "object" && said !== null ? said : {};
  } catch {
    return {};
  }
}
