import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { requireIdentity, settingsFrom } from "../settings.ts";
import { Refusal } from "./refusal.ts";
import { commandScript } from "./service-files.ts";
import { installation } from "./installation.ts";
import { type Service, serviceOf } from "./service.ts";
import type { Verb } from "./verb.ts";

const steps: Record<string, (service: Service) => Promise<string>> = {
  async start(service) {
    await service.start();
    return "The agent was started.";
  },
  async stop(service) {
    await service.stop();
    return "The agent was stopped. Apps keep running.";
  },
  async restart(service) {
    await service.start();
    return "The agent was started again.";
  },
  async install(service) {
    await service.install();
    await service.start();
    return {
      systemd: "The agent runs as the systemd service appos-agent.",
      init: "The agent runs in the background and starts at boot (/etc/init.d/appos-agent).",
      background: 'The agent runs in the background. Nothing here starts it at boot: run "appos-agent service start" then.',
    }[service.kind];
  },
};

export const serviceVerb: Verb = {
  summary: "Start or stop the agent in the background, or set it up to start at boot",
  usage: "start|stop|restart|install",
  words: true,
  async run({ words, env, terminal }) {
    const [name = ""] = words;
    const step = Object.hasOwn(steps, name) && words.length === 1 ? steps[name] : undefined;
    if (!step) throw new Refusal("Say one of: appos-agent service start, stop, restart, install.");
    const settings = settingsFrom(env);
    requireIdentity(settings);
    if (name === "install") placeCommand(installation(settings).command, commandScript(installation(settings), env));
    terminal.say(await step(serviceOf(settings)));
    return 0;
  },
};

function placeCommand(path: string, text: string) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}
