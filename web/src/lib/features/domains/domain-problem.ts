/** What somebody means who pastes a whole address: its name, and its path where it has one. */
export function fromAddress(given: string): { domain: string; path: string } {
  const [, name, path = ""] = /^\s*https?:\/\/([^/?#\s]*)(\/[^?#\s]*)?/i.exec(given) ?? [];
  return name === undefined ? { domain: given, path: "" } : { domain: name, path: path.replace(/\/+$/, "") };
}

/**
 * What is wrong with a domain while it is typed, whatever is typed after it. The API says the rest; a test keeps the two from saying
 * different things. `wildcard`: it may be one.
 */
export function domainProblem(given: string, { wildcard = false } = {}): string | undefined {
  const name = wildcard ? given.trim().replace(/^\*(\.|$)/, "") : given.trim();
  if (name.includes("://")) return "Only the name, without what stands before ://.";
  if (name.includes("/")) return "Only the name. A path is given under More settings.";
  if (name.includes(":")) return "Only the name, without a port.";
  if (name.includes("*"))
    return wildcard ? "A star stands for one whole part, the first: *.example.com." : "A name of its own: a wildcard stands for none.";
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name)) return "A name, not an address.";
  if (/\s/.test(name)) return "No spaces.";
  if (name.startsWith(".") || name.includes("..")) return "There is a letter or a digit before each dot.";
  if (/[^\p{L}\p{M}\p{N}.-]/u.test(name)) return "Only letters, digits, dots and dashes.";
  return undefined;
}

/** What is wrong with a port while it is typed. */
export const portProblem = (given: string): string | undefined =>
  given === "" || (/^\d{1,5}$/.test(given) && Number(given) >= 1 && Number(given) <= 65_535)
    ? undefined
    : "A port is a number from 1 to 65535.";
