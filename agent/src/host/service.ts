import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Settings } from "../settings.ts";
import { type Installation, NAME, installation } from "./installation.ts";
import { program } from "./program.ts";
import { Refusal } from "./refusal.ts";
import { initScript, superviseScript, systemdUnit } from "./service-files.ts";

/** How the agent is kept running on this machine. */
export interface Service {
  kind: "systemd" | "init" | "background";
  install(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** systemd where it runs; else our own supervisor, which an init script starts at boot where there are such. */
export function serviceOf(settings: Settings): Service {
  const places = installation(settings);
  if (!settings.prefix && existsSync("/run/systemd/system")) return systemdService(places, settings);
  return backgroundService(places, settings);
}

function systemdService(places: Installation, settings: Settings): Service {
  const systemctl = (...args: string[]) => must("systemctl", args);
  return {
    kind: "systemd",
    async install() {
      write(places.unit, systemdUnit(places, settings), 0o644);
      await systemctl("daemon-reload");
      await systemctl("enable", `${NAME}.service`);
    },
    start: () => systemctl("restart", `${NAME}.service`),
    stop: () => systemctl("stop", `${NAME}.service`),
    async remove() {
      await program("systemctl", ["disable", "--now", `${NAME}.service`]);
      rmSync(places.unit, { force: true });
      await program("systemctl", ["daemon-reload"]);
    },
  };
}

function backgroundService(places: Installation, settings: Settings): Service {
  const atBoot = !settings.prefix && existsSync("/usr/sbin/update-rc.d");
  const control = (verb: string) => must("/bin/sh", [places.init, verb]);
  return {
    kind: atBoot ? "init" : "background",
    async install() {
      write(places.supervise, superviseScript(places), 0o755);
      write(places.init, initScript(places), 0o755);
      for (const place of [places.pid, places.log]) mkdirSync(dirname(place), { recursive: true });
      if (atBoot) await must("/usr/sbin/update-rc.d", [NAME, "defaults"]);
    },
    start: () => control("restart"),
    stop: () => control("stop"),
    async remove() {
      if (existsSync(places.init)) await control("stop");
      for (const place of [places.init, places.supervise, places.pid, places.log, `${places.log}.1`]) rmSync(place, { force: true });
      if (atBoot) await program("/usr/sbin/update-rc.d", [NAME, "remove"]);
    },
  };
}

function write(path: string, text: string, mode: number) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

async function must(command: string, args: string[]) {
  const { code, output } = await program(command, args);
  if (code !== 0) throw new Refusal(`${[command, ...args].join(" ")} failed: ${output.trim()}`);
}
