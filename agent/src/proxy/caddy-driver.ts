import { caddyPlaces, renderCaddy } from "./caddy.ts";
import { downPageFiles } from "./down-pages.ts";
import type { Driver, KeyAndChain } from "./driver.ts";

const MESSAGE = 2_000;
const inside = (path: string) => path.slice(path.lastIndexOf("/") + 1);

export const caddyDriver: Driver = {
  config: inside(caddyPlaces.config),
  next: inside(caddyPlaces.next),
  render: renderCaddy,
  files: downPageFiles,
  service: () => ({
    command: ["caddy", "run", "--config", caddyPlaces.config],
    // Its administration and nothing else is written there.
    tmpfs: ["/tmp"],
    volumes: [`data:${caddyPlaces.data}`],
  }),
  opensAnew: true,
  volumes: ["data"],
  check: ["caddy", "validate", "--config", caddyPlaces.next],
  reload: ["caddy", "reload", "--config", caddyPlaces.config, "--address", caddyPlaces.admin],
  again: ["caddy", "reload", "--force", "--config", caddyPlaces.config, "--address", caddyPlaces.admin],
  certificatesBy: "proxy",
  certificates: { folder: `${caddyPlaces.data}/certificates`, of: keysAndChains },
  certificateProblems: async (_, { lines }) => certificateProblems(await lines()),
};

function keysAndChains(name: string, texts: ReadonlyMap<string, string>): KeyAndChain[] {
  return [...texts].flatMap(([path, chain]) => {
    const key = path.endsWith(`/${name}/${name}.crt`) ? texts.get(path.replace(/\.crt$/, ".key")) : undefined;
    return key === undefined ? [] : [{ key, chain }];
  });
}

/** Caddy says one JSON object a line: https://caddyserver.com/docs/logging. */
function certificateProblems(lines: string[]): Map<string, string> {
  const problems = new Map<string, string>();
  for (const line of lines) {
    const { logger, identifier, error, msg } = parsed(line);
    if (typeof identifier !== "string" || !logger?.startsWith("tls.")) continue;
    if (msg === "certificate obtained successfully") problems.delete(identifier);
    // It breaks off what it was asking for to begin anew with a configuration that has come in between.
    else if (typeof error === "string" && !error.includes("context canceled")) problems.set(identifier, wordsOf(error).slice(0, MESSAGE));
  }
  return problems;
}

/** `[name] Obtain: [name] solving challenge: name: [name] authorization failed: HTTP 403 urn:… - what it said (order=…) (ca=…)` */
const wordsOf = (error: string) =>
  error
    .replace(/ \((order|ca)=[^)]*\)/g, "")
    .replace(
      /^(\[[^\]]*\] Obtain: )?(\[[^\]]*\] )?(solving challenge: )?([^ ]*: \[[^\]]*\] )?(authorization failed: )?(HTTP \d+ (urn:\S+ )?- )?/,
      "",
    )
    // What comes of a request that met nobody is not the authority's own words.
    .replace(/^.*performing request: \w+ "https?:\/\/([^/"]+)[^"]*": /s, "The authority at $1 could not be asked: ")
    .trim();

interface Said {
  logger?: string;
  identifier?: unknown;
  error?: unknown;
  msg?: unknown;
}
function parsed(line: string): Said {
  try {
    const said: unknown = JSON.parse(line);
    return typeof said === "object" && said !== null ? (said as Said) : {};
  } catch {
    return {};
  }
}
