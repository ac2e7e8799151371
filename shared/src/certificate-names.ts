/** Whether a name of a certificate (RFC 6125) is that of a site: a star stands for its first part, and for one only. */
function coversName(given: string, name: string): boolean {
  const pattern = given.toLowerCase();
  return pattern === name || (pattern.startsWith("*.") && name.slice(name.indexOf(".")) === pattern.slice(1));
}

/** Whether one of a certificate's names is that of a site. */
export const covers = (names: readonly string[], name: string) => names.some((given) => coversName(given, name));
