import type { AppView } from "@appos/shared/apps";
import type { ServerView } from "@appos/shared/servers";
import type { Tone } from "#lib/ui/tone.ts";
import { count, listed } from "../format/quantity.ts";

const MOST_NAMED = 3;
const named = (items: { name: string }[], is: string, are: string) =>
  items.length > MOST_NAMED ? `${items.length} apps ${are}` : `${listed(items.map(({ name }) => name))} ${items.length === 1 ? is : are}`;

/** How everything is, in one sentence; the worst first. */
export function healthSummary(apps: AppView[], servers: ServerView[], member = false): { tone: Tone; text: string } {
  const of = (status: AppView["status"]) => apps.filter((app) => app.status === status);
  const away = servers.filter(({ presence }) => presence === "away" || presence === "lost");
  const [down, degraded, missing, deploying, running] = [of("down"), of("degraded"), of("new"), of("deploying"), of("running")];

  const wrong = [
    ...(down.length ? [named(down, "is down", "are down")] : []),
    ...(degraded.length ? [named(degraded, "is degraded", "are degraded")] : []),
    ...(missing.length ? [named(missing, "is not deployed", "are not deployed")] : []),
    ...(away.length
      ? [
          away.length > MOST_NAMED
            ? `${away.length} servers are away`
            : `${listed(away.map(({ name }) => name))} ${away.length === 1 ? "is" : "are"} away`,
        ]
      : []),
  ];
  if (wrong.length) return { tone: down.length ? "bad" : "warn", text: `${listed(wrong)}.` };
  if (deploying.length) return { tone: "busy", text: `${named(deploying, "is being deployed", "are being deployed")}.` };
  if (running.length)
    return {
      tone: "ok",
      text:
        running.length === apps.length ? "Everything runs." : `${running.length} of ${count(apps.length, "app")} run; the rest is at rest.`,
    };
  if (apps.length) return { tone: "idle", text: "No app runs." };
  // Of servers without apps of theirs, members know nothing.
  if (member) return { tone: "idle", text: "No app yet." };
  return { tone: "idle", text: servers.length ? "Ready for the first app." : "No server yet." };
}
