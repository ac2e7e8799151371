import { z } from "zod";

/** Every format of templates that AppOS reads besides its own, and what it is called. */
export const sourceFormats = {
  portainer: "Portainer templates",
  coolify: "Coolify services",
  dokploy: "Dokploy blueprints",
  websoft9: "Websoft9 docker-library",
  runtipi: "Runtipi app store",
  caprover: "CapRover one-click apps",
  casaos: "CasaOS app store",
  umbrel: "Umbrel app store",
  "1panel": "1Panel app store",
} as const;
export type SourceFormat = keyof typeof sourceFormats;
export const SourceFormat = z.enum(Object.keys(sourceFormats) as [SourceFormat, ...SourceFormat[]]);

export const SourceSchedule = z.enum(["off", "daily", "weekly"]);
export type SourceSchedule = z.output<typeof SourceSchedule>;

export const NewTemplateSource = z.strictObject({
  /** What it is called; its host where it is left out. */
  name: z.string().trim().min(1).max(60).optional(),
  /** Of a JSON file, of a .zip or .tar.gz of a repository, or of a git repository: https://….git, with #branch where it is not the usual one. */
  url: z.string().trim().min(1).max(500),
  /** Found out where it is left out. */
  format: SourceFormat.optional(),
  schedule: SourceSchedule.default("off"),
});
export type NewTemplateSource = z.output<typeof NewTemplateSource>;

/** A place that templates come from. What was read of it last stays until a newer copy is whole. */
export const TemplateSourceView = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    /** Null until it was read once, where nobody has named it. */
    format: SourceFormat.nullable(),
    schedule: SourceSchedule,
    /** It is being read now, or is about to be. */
    refreshing: z.boolean(),
    /** When the templates that are here were read; null where none ever were. */
    refreshedAt: z.int().nullable(),
    /** When it was last asked whether it has others. */
    checkedAt: z.int().nullable(),
    /** When it is asked by itself; null where it is not. */
    nextAt: z.int().nullable(),
    /** Why it could not be read the last time; null where it could. */
    failure: z.object({ at: z.int(), message: z.string() }).nullable(),
    usable: z.int(),
    /** Listed with the reason why they cannot be installed. */
    unusable: z.int(),
    /** Of how many something was left out, and of how many a deployment would warn. */
    trimmed: z.int(),
    risky: z.int(),
    createdAt: z.int(),
  })
  .meta({ id: "TemplateSource" });
export type TemplateSourceView = z.output<typeof TemplateSourceView>;

/** One template in the report on a source. */
export const ImportReportItem = z
  .object({
    id: z.string(),
    name: z.string(),
    problem: z.string().nullable(),
    dropped: z.array(z.string()),
    risks: z.array(z.object({ rule: z.string(), message: z.string() })),
  })
  .meta({ id: "ImportReportItem" });
export type ImportReportItem = z.output<typeof ImportReportItem>;

export const ChangeTemplateSource = z.strictObject({ name: NewTemplateSource.shape.name, schedule: SourceSchedule.optional() });
export type ChangeTemplateSource = z.output<typeof ChangeTemplateSource>;

export const ReportQuery = z.object({ show: z.enum(["all", "unusable", "trimmed", "risky"]).default("all") });
export type ReportQuery = z.output<typeof ReportQuery>;
