/** As in shared/auth.ts; a test keeps the two the same. Whether a password is too common, the control plane says. */
export const SHORTEST = 10;

/** What is wrong with a password while it is typed. */
export function passwordProblem(password: string): string | undefined {
  if (password === "" || password.length >= SHORTEST) return undefined;
  const missing = SHORTEST - password.length;
  return `${missing} more ${missing === 1 ? "character" : "characters"}.`;
}
