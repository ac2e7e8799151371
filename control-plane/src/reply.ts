import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { errorStatus } from "@appos/shared/errors";
import type { Failure, Page, PageQuery } from "@appos/shared/envelope";
import type { AppError } from "./errors.ts";

/** A success, in the envelope that every answer comes in. */
export const ok = <T, S extends 200 | 201 | 202 = 200>(c: Context, data: T, status?: S, message = "OK") =>
  c.json({ success: true as const, code: status ?? 200, message, data }, (status ?? 200) as S);

/** A failure, likewise. */
export const failure = (c: Context, error: AppError) => {
  const status = errorStatus[error.code];
  const details = error.details === undefined ? {} : { details: error.details };
  const body: Failure = { success: false, code: status, message: error.message, error: { code: error.code, ...details } };
  return c.json(body, status as ContentfulStatusCode);
};

export const pageOf = <T>(items: T[], total: number, { page, pageSize }: PageQuery): Page<T> => ({
  items,
  pagination: { total, page, pageSize, totalPages: Math.max(1, Math.ceil(total / pageSize)) },
});

/** A list that is short by nature: one page, with all of it. */
export const whole = <T>(items: T[]): Page<T> => pageOf(items, items.length, { page: 1, pageSize: Math.max(1, items.length) });
