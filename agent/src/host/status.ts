import { setTimeout as sleep } from "node:timers/promises";
import { requireIdentity, settingsFrom } from "../settings.ts";
import { moment } from "./moment.ts";
import { policySummary } from "./policy-verb.ts";
import { type AgentStatus, readStatus } from "./status-file.ts";
import { Refusal } from "./refusal.ts";
import type { Verb } from "./verb.ts";

export const status: Verb = {
  summary: "Show how this server and its link to the control plane are doing",
  usage: "[--wait SECONDS]",
  options: { wait: { type: "string" } },
  async run({ values, env, terminal }) {
    const settings = settingsFrom(env);
    const identity = requireIdentity(settings);
    const seconds = Number(values["wait"] ?? 0);
    if (!(seconds >= 0)) throw new Refusal("--wait takes a number of seconds.");
    const now = await whenUp(settings.files.status, Date.now() + seconds * 1000);
    const lines = [
      ["Server", `${identity.serverName} (${identity.serverId})`],
      ["Control plane", identity.url],
      ...(identity.moved ? [["", `moved there from ${identity.moved.from}, at ${moment(identity.moved.at)}`]] : []),
      ...told(now),
      ["Policy", (await policySummary(settings)).text],
    ];
    for (const [name, value] of lines) terminal.say(`${(name ? `${name}:` : "").padEnd(15)} ${value}`.trimEnd());
    return now?.link.state === "up" ? 0 : 1;
  },
};

/** The status, as soon as the link is up or the time is over. */
async function whenUp(path: string, until: number): Promise<AgentStatus | undefined> {
  for (;;) {
    const now = readStatus(path);
    if (now?.link.state === "up" || Date.now() >= until) return now;
    await sleep(200);
  }
}

function told(now: AgentStatus | undefined): [string, string][] {
  if (!now) return [["Agent", 'not running. "appos-agent service start" starts it.']];
  const { version, pid, link, docker, jobs } = now;
  const lines: [string, string][] = [
    ["Agent", `${version}, process ${pid}`],
    ["Link", `${link.state} since ${moment(link.since)}`],
  ];
  if (link.lastError) lines.push(["Last error", link.lastError]);
  lines.push([
    "Docker",
    docker.version ? `Engine ${docker.version}, Compose ${docker.compose ?? "missing"}` : (docker.problem ?? "not looked at yet"),
  ]);
  lines.push(["Jobs", jobs.length === 0 ? "none running" : ""]);
  for (const { id, kind, since } of jobs) lines.push(["", `${kind} ${id} since ${moment(since)}`]);
  return lines;
}
