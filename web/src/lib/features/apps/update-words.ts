import type { AvailableUpdate, UpdateSettings, Weekday } from "@appos/shared/updates";

export const dayNames: Record<Weekday, string> = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

const listed = (words: string[]) => (words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

/** For which services there is something newer. */
export const updateTitle = (available: readonly AvailableUpdate[]) =>
  available.length === 1
    ? `There is a newer image for ${available[0]!.service}.`
    : `There are newer images for ${listed(available.map(({ service }) => service))}.`;

/** When AppOS may update by itself. */
export function settingsWords(settings: UpdateSettings): string {
  if (settings.mode === "off") return "AppOS tells of newer images, and deploys none by itself.";
  const { days, from, to, timezone } = settings;
  const when = days.length === 7 ? "every day" : `on ${listed(days.map((day) => dayNames[day]))}`;
  return `AppOS deploys newer images by itself ${when} between ${from} and ${to}${to <= from ? " of the next day" : ""}, ${timezone}.`;
}

/** The beginning of a digest, by which people tell two apart. */
export const shortDigest = (digest: string) => digest.replace(/^sha256:/, "").slice(0, 12);
