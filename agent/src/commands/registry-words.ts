/** What a registry, or Docker on the way to it, means with its words. */
export type RegistryTrouble = "unauthorized" | "rate-limit" | "unknown-host" | "tls" | "down";

const meanings: [RegistryTrouble, RegExp][] = [
  ["rate-limit", /toomanyrequests|too many requests|\b429\b|rate limit/i],
  [
    "unauthorized",
    /no basic auth credentials|unauthorized|authentication required|incorrect username or password|failed with status: 40[13]|requested access to the resource is denied|\bdenied: |403 Forbidden/i,
  ],
  ["unknown-host", /no such host|server misbehaving|temporary failure in name resolution/i],
  ["tls", /x509:|tls: |server gave HTTP response to HTTPS client|certificate/i],
  [
    "down",
    /dial tcp|i\/o timeout|TLS handshake timeout|Client\.Timeout|request canceled while waiting|no route to host|network is unreachable|unexpected HTTP status: 5\d\d|50[0234] (Bad Gateway|Service Unavailable|Gateway Time-?out|Internal Server Error)|context deadline exceeded/i,
  ],
];

/** Undefined where the words are about something else. */
export const troubleIn = (words: string): RegistryTrouble | undefined => meanings.find(([, pattern]) => pattern.test(words))?.[0];

/** When a registry wants to be asked again, in its own words; undefined where it does not say. */
export function againIn(words: string): string | undefined {
  const seconds = /retry[- ]after:? *"?(\d+)(?:\.\d+)?(ms|s)?\b/i.exec(words);
  if (seconds && seconds[2] !== "ms") return `in ${inWords(Number(seconds[1]))}`;
  if (seconds) return "in a second";
  return /(?:try|retry)(?: it)? again (in \d+ [a-z]+|after [^.,"]+)/i.exec(words)?.[1];
}

function inWords(seconds: number) {
  if (seconds < 120) return `${seconds} seconds`;
  return seconds < 2 * 3_600 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3_600)} hours`;
}
