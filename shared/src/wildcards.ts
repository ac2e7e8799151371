const STAR = "*.";
/** Of a wildcard, the label that is asked for to see how it is served. */
const CHECK = "appos-check";

/** `*.` before a name: it stands for one label there, whichever, and for no more. A name that is a domain itself is never meant by it. */
export const isWildcard = (name: string) => name.startsWith(STAR);
/** The wildcard of what is right below a name. */
export const starBefore = (name: string) => STAR + name;
/** Of `*.example.com`, what every name that it stands for ends with: `.example.com`. */
export const endOf = (wildcard: string) => wildcard.slice(1);
/** The wildcard that stands for a name, whether or not there is one; none for a wildcard itself. */
export const wildcardOf = (name: string): string | undefined => (isWildcard(name) ? undefined : `*${name.slice(name.indexOf("."))}`);

/** What is asked for to see how a name is served: of a wildcard, one of the names that it stands for. */
export const askedFor = (name: string) => (isWildcard(name) ? CHECK + endOf(name) : name);
