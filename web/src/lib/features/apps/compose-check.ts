import type { Problem } from "#lib/ui/code-editor.ts";

/** What the API says of a compose file, said while it is typed. Loaded with the editor. */
export async function loadComposeCheck(): Promise<(text: string) => Problem | undefined> {
  const { composeProblem } = await import("@appos/shared/compose-file");
  return (text) => (text.trim() === "" ? undefined : composeProblem(text));
}

/** Where the API found fault with a compose file. */
export function composeProblemOf(error: { code: string; message: string; details: unknown } | undefined): Problem | undefined {
  if (error?.code !== "INVALID_COMPOSE") return undefined;
  const { message, line, column } = (error.details ?? {}) as Partial<Problem>;
  return { message: message ?? error.message, ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
}
