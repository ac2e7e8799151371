import type { ErrorCode } from "@appos/shared/errors";

/** An error the caller can act on. Anything else is a bug. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: unknown;
  constructor(code: ErrorCode, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** What does not exist, and what the caller may not know of, look the same. */
export function notFound(noun: string): never {
  throw new AppError("NOT_FOUND", `There is no such ${noun}.`);
}

/** What a log may say of an error: never the values of a query, which may be secret. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { query } = error as { query?: unknown };
  if (typeof query === "string") return `Failed query: ${query}: ${errorText(error.cause)}`;
  return error.stack ?? error.message;
}
