import { existsSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { readIdentity, settingsFrom } from "../settings.ts";
import { Refusal } from "./refusal.ts";
import { installation } from "./installation.ts";
import { serviceOf } from "./service.ts";
import type { Verb } from "./verb.ts";

export const uninstall: Verb = {
  summary: "Remove the agent, its service and its identity. Apps keep running.",
  usage: "[--yes]",
  options: { yes: { type: "boolean" } },
  async run({ values, env, terminal }) {
    const settings = settingsFrom(env);
    const { dirs, files } = settings;
    if (values["yes"] !== true) {
      if (!terminal.interactive) throw new Refusal("Say --yes to remove the agent. Apps keep running.");
      const answer = await terminal.readLine("Remove the agent from this machine? Apps keep running. [y/N] ");
      if (!/^y(es)?$/i.test(answer.trim())) return 1;
    }
    const name = serverName(settings);
    await serviceOf(settings).remove();
    const places = installation(settings);
    for (const path of [
      places.command,
      places.home,
      files.identity,
      files.environment,
      files.ca,
      files.status,
      files.lock,
      files.socket,
      dirs.journal,
      join(dirs.data, "home"),
      join(dirs.data, "logs"),
      join(dirs.data, "gates"),
      join(dirs.data, "tmp"),
    ])
      rmSync(path, { recursive: true, force: true });
    for (const folder of [dirs.data, dirs.etc]) if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
    terminal.say("The agent, its service and its identity were removed. Apps keep running.");
    if (existsSync(dirs.apps))
      terminal.say(`What stays: your apps' compose folders in ${dirs.apps}. "docker compose" works in each of them.`);
    if (existsSync(files.policy)) terminal.say(`What stays: ${files.policy}.`);
    if (name) terminal.say(`Remove server ${name} in the console too.`);
    return 0;
  },
};

/** A damaged identity keeps nobody from removing it. */
function serverName(settings: ReturnType<typeof settingsFrom>) {
  try {
    return readIdentity(settings)?.serverName;
  } catch {
    return undefined;
  }
}
