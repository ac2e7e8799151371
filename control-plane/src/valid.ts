import type { ValidationTargets } from "hono";
import { validator } from "hono-openapi";
import type { z } from "zod";
import { AppError } from "./errors.ts";

/** Parses at the door. What does not fit is an error that says what and where, and repeats nothing of what was sent. */
export const valid = <S extends z.ZodType, T extends keyof ValidationTargets>(target: T, schema: S) =>
  validator(target, schema, (result) => {
    if (result.success) return;
    const details = result.error.map(({ path, message }) => ({ path: (path ?? []).map(String).join("."), message }));
    const [first] = details;
    throw new AppError(
      "INVALID_REQUEST",
      first ? [first.path, first.message].filter(Boolean).join(": ") : "This request does not fit.",
      details,
    );
  });
