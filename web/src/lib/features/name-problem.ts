/** What is wrong with a name while it is typed, by the rule of `Name` in shared/ids.ts; a test keeps the two the same. */
export function nameProblem(name: string): string | undefined {
  if (name === "" || /^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return undefined;
  if (name.length > 63) return "At most 63 characters.";
  if (/[A-Z]/.test(name)) return "Lower-case letters only.";
  if (/\s/.test(name)) return "No spaces; use a dash.";
  if (name.startsWith("-")) return "It starts with a letter or a digit.";
  return "Only lower-case letters, digits and dashes.";
}
