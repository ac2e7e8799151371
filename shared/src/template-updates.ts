import { z } from "zod";
import { TemplateInputs } from "./template-choice.ts";
import { TemplateInput } from "./templates.ts";

/** One file of an app against the newer template's. `kept`: it was changed by hand, so it stays as it is. */
const FileUpdate = z.object({ path: z.string(), change: z.enum(["added", "changed", "removed", "kept"]) });

/** What the newer template of an app would change. Nothing is changed by asking. */
export const TemplateUpdateView = z
  .object({
    from: z.string(),
    to: z.string(),
    /** The compose file is not the template's any more: somebody has to say what becomes of it. */
    edited: z.boolean(),
    /** The config version that `mine` is. */
    version: z.int(),
    mine: z.string(),
    theirs: z.string(),
    files: z.array(FileUpdate),
    /** What the newer template asks for and the app has not. */
    inputs: z.array(TemplateInput),
    /** For those of them that nobody must know before. */
    suggested: z.record(z.string(), z.string()),
    notes: z.string().nullable(),
  })
  .meta({ id: "TemplateUpdate" });
export type TemplateUpdateView = z.output<typeof TemplateUpdateView>;

export const UpdateFromTemplate = z.strictObject({
  inputs: TemplateInputs.default({}),
  /** What is saved in the place of the template's compose file; has to be said where that was changed by hand. */
  compose: z.string().optional(),
  /** The config version that was looked at: a newer one in between is a conflict. */
  basedOn: z.int().positive().optional(),
});
export type UpdateFromTemplate = z.output<typeof UpdateFromTemplate>;
