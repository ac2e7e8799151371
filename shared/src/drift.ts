import { z } from "zod";

/**
 * What runs otherwise than the live release says. `changed-by-hand`: a container was made from something else, or its limits were changed;
 * or the app's files on the server were edited. `gone`: a service has fewer containers than it should. `restart-loop`: it falls over
 * time and again. `image-replaced`: it runs another image. `stopped`: somebody stopped it, or it ended. `extra`: a container that the
 * release does not have.
 */
export const DriftKind = z.enum(["changed-by-hand", "gone", "restart-loop", "image-replaced", "stopped", "extra"]);
export type DriftKind = z.output<typeof DriftKind>;

export const DriftFinding = z.object({
  /** Null where it is about the app as a whole. */
  service: z.string().max(255).nullable(),
  kind: DriftKind,
  message: z.string().max(1_000),
  /** What was found, and what should be. */
  details: z.array(z.string().max(500)).max(20).default([]),
  /** What could be made the app's own configuration exactly as it runs: another image of the service, or the edited compose file. */
  adopt: z
    .discriminatedUnion("what", [
      z.object({ what: z.literal("image"), image: z.string().max(500) }),
      z.object({ what: z.literal("compose") }),
    ])
    .nullable()
    .default(null),
});
export type DriftFinding = z.output<typeof DriftFinding>;

/** Findings about one app, at most. */
export const DRIFT_FINDINGS = 50;

/** Which finding is to become the app's own configuration. */
export const AdoptDrift = z.discriminatedUnion("what", [
  z.strictObject({ what: z.literal("image"), service: z.string().max(255) }),
  z.strictObject({ what: z.literal("compose") }),
]);
export type AdoptDrift = z.output<typeof AdoptDrift>;
