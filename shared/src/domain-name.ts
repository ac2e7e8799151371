import { z } from "zod";
import { askedFor, endOf, isWildcard, starBefore } from "./wildcards.ts";

/** A label that is not of ASCII, and how long it is in it, with its dot. */
const [OTHER, OTHER_LENGTH] = ["é", "xn--9ca.".length];

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * A host name as it is compared: lower case, no dot at the end, A-labels (RFC 5890) where it has other letters than those of ASCII.
 * Undefined for what is none: an address, a name without a dot, anything that could be more than a name.
 */
export function canonicalName(given: string): string | undefined {
  const name = given.trim().replace(/\.$/, "");
  // Before anything is made of it: a URL would take `a.test/x`, `a.test:80` and `%61.test` for a.test.
  if (!/^[\p{L}\p{M}\p{N}.-]{1,253}$/u.test(name)) return undefined;
  const ascii = toAscii(name);
  const labels = ascii?.split(".") ?? [];
  const isName = labels.length > 1 && labels.every((each) => label.test(each)) && !/^\d+$/.test(labels.at(-1)!);
  return isName && ascii!.length <= 253 ? ascii : undefined;
}

/**
 * As browsers do it (UTS #46), which is what decides where they go. A name that is all ASCII they let through without looking at what its
 * A-labels stand for, which may be nothing; programs that look up names refuse that, and all that is beside it.
 */
function toAscii(name: string): string | undefined {
  try {
    return new URL(`http://${OTHER}.${name}`).hostname.slice(OTHER_LENGTH);
  } catch {
    return undefined;
  }
}

/** The name in its canonical form. */
export const DomainName = z
  .string()
  .max(1_000)
  .transform((given, context) => {
    const name = canonicalName(given);
    if (name !== undefined) return name;
    context.addIssue("Give a host name, such as blog.example.com: without https://, a port or a path");
    return z.NEVER;
  });

function wildcardIn(given: string): string | undefined {
  const zone = canonicalName(endOf(given).slice(1));
  const name = zone && starBefore(zone);
  // What it is asked by is to be a name, too.
  return name && canonicalName(askedFor(name)) ? name : undefined;
}

/** A name that leads to an app, or a wildcard of names of two labels or more. */
export const SiteName = z
  .string()
  .max(1_000)
  .transform((given, context) => {
    const name = isWildcard(given.trim()) ? wildcardIn(given.trim()) : canonicalName(given);
    if (name !== undefined) return name;
    context.addIssue(
      "Give a host name, such as blog.example.com, or *.example.com for all names right below it: without https://, a port or a path",
    );
    return z.NEVER;
  });

/**
 * The beginning of a path, up to the end of one of its parts: `/api` is of `/api` and of `/api/users`, not of `/apis`. It is taken
 * literally, so it has nothing that a server may read as something else: no `%`, no `..`, no empty part.
 */
export const PathPrefix = z
  .string()
  .max(200)
  .regex(
    /^\/([A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*)?$/,
    "Give the beginning of a path, such as /api: parts of letters, digits and . _ ~ -, no slash at the end",
  )
  .refine((path) => path.split("/").every((part) => part !== "." && part !== ".."), "A path has no . or .. in it");
