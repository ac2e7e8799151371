import { z } from "zod";

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "Give a time such as 03:30");
const Timezone = z
  .string()
  .max(63)
  .refine((name) => {
    try {
      new Intl.DateTimeFormat("en", { timeZone: name });
      return true;
    } catch {
      return false;
    }
  }, "This time zone is not known. Give one such as Europe/Berlin or UTC");

/** Whether AppOS deploys newer images of an app by itself, and when it may. A window that ends before it begins ends the next day. */
export const UpdateSettings = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("off") }),
  z.strictObject({
    mode: z.literal("window"),
    days: z.array(z.enum(weekdays)).min(1, "Choose at least one day").max(7),
    from: Time,
    to: Time,
    timezone: Timezone,
  }),
]);
export type UpdateSettings = z.output<typeof UpdateSettings>;

/** Behind the tag that a service names is another image by now than the one that runs. */
export const AvailableUpdate = z.object({
  service: z.string(),
  image: z.string(),
  from: z.string(),
  to: z.string(),
  /** When it was first seen. */
  seenAt: z.int(),
});
export type AvailableUpdate = z.output<typeof AvailableUpdate>;

/** Names what would be deployed, so that it is not tried again where it did not work. */
export const nameOf = (available: readonly AvailableUpdate[]) =>
  available
    .map(({ service, to }) => `${service}=${to}`)
    .sort()
    .join(" ");

/** What registries had to say of an app's images. */
export const UpdatesFound = z.object({
  available: z.array(AvailableUpdate),
  /** When they were last asked; null: never. */
  checkedAt: z.int().nullable(),
  /** Why it is not known of some image whether there is a newer one. */
  problem: z.string().nullable(),
});
export type UpdatesFound = z.output<typeof UpdatesFound>;

export const UpdatesView = UpdatesFound.extend({
  settings: UpdateSettings,
  /** What is available was deployed by AppOS itself already, and did not work: it is not tried again. */
  gaveUp: z.boolean(),
});
export type UpdatesView = z.output<typeof UpdatesView>;

/** Which services to update; all for which there is something newer where it is left out. `confirm`: as for a deployment. */
export const StartUpdate = z.strictObject({
  services: z.array(z.string().max(255)).max(500).optional(),
  confirm: z.array(z.string().max(300)).max(500).optional(),
});
export type StartUpdate = z.output<typeof StartUpdate>;
