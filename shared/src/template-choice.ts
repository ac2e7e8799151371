import { z } from "zod";
import { EnvEntry } from "./env.ts";

/** One of the catalog's own is its folder's name; one of another source begins with that source's name and a colon. */
export const TemplateId = z.string().regex(/^[a-z0-9][a-z0-9:._-]{0,126}$/, "A template's id has lower-case letters, digits and : . _ -");

/** Values for a template's inputs, by their keys. */
export const TemplateInputs = z.record(EnvEntry.shape.key, z.string().max(65_536));

/** Where an app's source is a template: `POST /apps`. */
export const TemplateSource = z.strictObject({
  type: z.literal("template"),
  templateId: TemplateId,
  inputs: TemplateInputs.default({}),
});
