import type { ErrorCode } from "@appos/shared/errors";

/** UNREACHABLE: no answer came. UNREADABLE: what came is not the control plane's. */
export type ApiErrorCode = ErrorCode | "UNREACHABLE" | "UNREADABLE";

/** The one way a request fails. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly details: unknown;

  constructor(code: ApiErrorCode, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }

  /** Messages by field, where the request itself was wrong. */
  get fields(): Record<string, string> {
    if (!Array.isArray(this.details)) return {};
    const problems = this.details as { path?: unknown; message?: unknown }[];
    return Object.fromEntries(problems.map(({ path, message }) => [String(path ?? ""), String(message ?? "")]));
  }
}

export const asApiError = (cause: unknown): ApiError =>
  cause instanceof ApiError ? cause : new ApiError("UNREADABLE", cause instanceof Error ? cause.message : String(cause));
