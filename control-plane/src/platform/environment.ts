import { z } from "zod";
import { allowedFrom } from "../outbound/allowed.ts";

// What environment variables may hold, on every platform alike.

export const PublicUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ""));
/** Where agents go: they talk to nobody unencrypted, except on their own machine. */
export const NewAddress = z
  .url({ protocol: /^https?$/ })
  .refine(
    (url) => /^(https:|http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$))/.test(url),
    "Agents go to https:// only, or to their own machine",
  )
  .transform((url) => new URL(url).origin);
/** 32 bytes in base64. */
export const MasterKey = z.string().transform((text, context) => {
  const key = bytesOf(text.trim());
  if (key?.length === 32) return key;
  context.addIssue("It must be 32 bytes in base64: openssl rand -base64 32");
  return z.NEVER;
});
export const Days = z.coerce.number("It is a number of days, from 1 to 36500").int().min(1).max(36_500);
const units = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
/** A number of bytes, or of KiB, MiB, GiB, TiB: 2G, 500MiB. */
export const Bytes = z
  .string()
  .regex(/^\d{1,15}(|[KMGT](i?B)?)$/, "It is a number of bytes, or one with a unit: 500M, 2G")
  .transform((text) => Number.parseInt(text, 10) * units[(/[KMGT]/.exec(text)?.[0] ?? "") as keyof typeof units]);
export const LogLevel = z.enum(["debug", "info", "warn", "error"]);
/** What is empty is not there. */
export const optional = <S extends z.ZodType>(schema: S) => z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

/** Private hosts and networks that template sources and the like may be on. */
export const OutboundAllow = z
  .string()
  .default("")
  .transform((list, context) => {
    try {
      return allowedFrom(list);
    } catch (error) {
      context.addIssue((error as Error).message);
      return z.NEVER;
    }
  });

/** For how long what is over is kept. */
export const retentionVariables = {
  APPOS_JOB_DAYS: Days.default(365),
  APPOS_LOG_DAYS: Days.default(90),
  APPOS_LOG_BYTES: Bytes.default(2 * 1024 ** 3),
};

/** One sentence for each variable that does not fit. */
export const misfits = ({ issues }: z.ZodError) =>
  issues.map(({ path, message }) => `${path.join(".")} does not fit. ${message}`).join("\n");

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
