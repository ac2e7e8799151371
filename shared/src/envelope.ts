import { z } from "zod";

/** How every success answers. */
export const success = <S extends z.ZodType>(data: S) => z.object({ success: z.literal(true), code: z.int(), message: z.string(), data });

/** How every failure answers: `code` is the HTTP status, `error.code` one of the codes in `errors.ts`. */
export const Failure = z.object({
  success: z.literal(false),
  code: z.int(),
  message: z.string(),
  error: z.object({ code: z.string(), details: z.unknown().optional() }),
});
export type Failure = z.output<typeof Failure>;

export const Pagination = z.object({ total: z.int(), page: z.int(), pageSize: z.int(), totalPages: z.int() });

/** A page of a list. */
export const page = <S extends z.ZodType>(item: S) => z.object({ items: z.array(item), pagination: Pagination });
export type Page<T> = { items: T[]; pagination: z.output<typeof Pagination> };

/** Which page is asked for. */
export const PageQuery = z.object({
  page: z.coerce.number().int().min(1).max(100_000).default(1),
  pageSize: z.coerce.number().int().min(1).max(200).default(50),
});
export type PageQuery = z.output<typeof PageQuery>;

/** The same key asks for the same thing: the second answer is the first one's. Kept for each user. */
export const IdempotencyKey = z.object({ "idempotency-key": z.string().min(1).max(255).optional() });
