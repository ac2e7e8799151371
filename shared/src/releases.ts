import { z } from "zod";
import { Confirm } from "./deployments.ts";
import { PinnedImage } from "./jobs.ts";

/** A release that was live once: it can be gone back to. */
export const ReleaseView = z
  .object({
    number: z.int(),
    /** The config version it was made from. */
    version: z.int(),
    images: z.array(PinnedImage),
    createdAt: z.int(),
    /** When it became the live one last; null where that is no longer known. */
    deployedAt: z.int().nullable(),
    /** Who made it. */
    by: z.string().nullable(),
    live: z.boolean(),
    /** Its server keeps its files and images: going back to it pulls nothing. Null where the server does not say. */
    kept: z.boolean().nullable(),
  })
  .meta({ id: "Release" });
export type ReleaseView = z.output<typeof ReleaseView>;

/** Which release to go back to; the one before the live one where none is said, with nothing confirmed. */
export const RollBack = z.strictObject({ release: z.int().positive().optional(), confirm: Confirm.optional() });
export type RollBack = z.output<typeof RollBack>;
