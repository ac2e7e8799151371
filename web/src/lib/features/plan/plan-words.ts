import type { Danger, PlanView, ServiceChange } from "@appos/shared/plan";
import type { Tone } from "#lib/ui/tone.ts";

export const changeWords: Record<ServiceChange["change"], { word: string; tone: Tone }> = {
  create: { word: "New", tone: "ok" },
  recreate: { word: "Made anew", tone: "busy" },
  start: { word: "Started", tone: "busy" },
  remove: { word: "Removed", tone: "bad" },
  unchanged: { word: "Stays", tone: "idle" },
};

export const dangerTones: Record<Danger["level"], Tone> = { stop: "bad", warn: "warn", note: "idle" };

const counted = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;

/** The plan in one sentence. */
export function planSentence({ services, images }: Pick<PlanView, "services" | "images">): string {
  const count = (change: ServiceChange["change"]) => services.filter((each) => each.change === change).length;
  const parts = [
    ["create", "service is made", "services are made"],
    ["recreate", "service is made anew", "services are made anew"],
    ["start", "service is started", "services are started"],
    ["remove", "service is removed", "services are removed"],
  ] as const;
  const said = parts.flatMap(([change, one, more]) => (count(change) > 0 ? [counted(count(change), one, more)] : []));
  const pulls = images.filter(({ pull }) => pull).length;
  if (pulls > 0) said.push(counted(pulls, "image is pulled", "images are pulled"));
  if (said.length === 0) return "Nothing changes: what runs is what would run.";
  const stays = count("unchanged");
  const rest = stays > 0 ? `; ${counted(stays, "stays as it is", "stay as they are")}` : "";
  return `${said.length > 1 ? `${said.slice(0, -1).join(", ")} and ${said.at(-1)}` : said[0]}${rest}.`;
}

/** What has to be ticked before it is deployed. */
export const toConfirm = (dangers: readonly Danger[]) => dangers.filter(({ level }) => level === "stop").map(({ id }) => id);
