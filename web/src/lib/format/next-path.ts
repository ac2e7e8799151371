/** Where to go after signing in: a path of this console, or its start. */
export function nextPath(asked: string | null, origin: string): string {
  if (!asked?.startsWith("/") || !URL.canParse(asked, origin)) return "/";
  const target = new URL(asked, origin);
  if (target.origin !== origin || /^\/(login|setup)(\/|$)/.test(target.pathname)) return "/";
  return target.pathname + target.search + target.hash;
}
