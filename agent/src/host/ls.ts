import type { ServiceState } from "@appos/shared/apps";
import { type HostApp, hostApps } from "../acts/host-apps.ts";
import { settingsFrom } from "../settings.ts";
import { columns } from "./columns.ts";
import { hostMachine } from "./host-machine.ts";
import { moment } from "./moment.ts";
import type { Verb } from "./verb.ts";

export const ls: Verb = {
  summary: "List the apps on this server: how they are, and which releases can be rolled back to",
  usage: "[--json]",
  options: { json: { type: "boolean" } },
  async run({ values, env, terminal }) {
    const machine = hostMachine(settingsFrom(env), env);
    const apps = (await hostApps(machine)).map((app) => ({ ...app, status: statusOf(app) }));
    if (values["json"] === true) {
      terminal.say(JSON.stringify(apps, null, 2));
      return 0;
    }
    const problem = await machine.dockerProblem();
    if (problem) terminal.complain(`appos-agent: ${problem}`);
    if (apps.length === 0) terminal.say("There is no app on this server.");
    else {
      const rows = apps.map((app) => [
        app.name,
        app.status,
        String(app.release ?? "-"),
        running(app),
        keptOf(app),
        since(app),
        portsOf(app),
      ]);
      for (const line of columns([["APP", "STATUS", "RELEASE", "RUNNING", "KEPT", "SINCE", "PORTS"], ...rows])) terminal.say(line);
    }
    return problem ? 1 : 0;
  },
};

/** A service that did what it was for and ended well is no less fine than one that runs. */
const fine = ({ state, health, exitCode }: ServiceState) =>
  (state === "running" && health !== "unhealthy") || (state === "exited" && exitCode === 0);

/** In one word; of what nobody here knows whether it was wanted, stopped is all that can be said. */
export function statusOf({ services }: HostApp): "running" | "degraded" | "stopped" | "unknown" {
  if (!services) return "unknown";
  if (!services.some(({ state }) => state === "running" || state === "restarting")) return "stopped";
  return services.every(fine) ? "running" : "degraded";
}

const running = ({ services }: HostApp) =>
  services ? `${services.filter(({ state }) => state === "running").length} of ${services.length}` : "-";

const keptOf = ({ releases }: HostApp) => (releases.length === 0 ? "-" : releases.join(" "));

function since({ services }: HostApp) {
  const starts = (services ?? []).flatMap(({ state, startedAt }) => (state === "running" && startedAt !== null ? [startedAt] : []));
  return starts.length === 0 ? "-" : moment(Math.min(...starts));
}

function portsOf({ services }: HostApp) {
  const ports = (services ?? []).flatMap(({ ports }) => ports.map(({ hostPort, containerPort }) => `${hostPort}->${containerPort}`));
  return ports.length === 0 ? "-" : [...new Set(ports)].join(" ");
}
