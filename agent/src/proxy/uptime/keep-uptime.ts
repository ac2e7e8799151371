import { askedFor } from "@appos/shared/wildcards";
import { HOUR_MS, UPTIME_SUMS } from "@appos/shared/uptime";
import type { Machine } from "../../machine/machine.ts";
import type { Send } from "../../runner.ts";
import { proxyModel } from "../proxy-model.ts";
import { type Answer, uptimeLog } from "./uptime-log.ts";

/** Each domain is asked once a minute, so many side by side; how that went is told every so many rounds. */
const [ROUND_MS, AT_ONCE, ROUNDS_TOLD] = [60_000, 10, 5];

export type Uptime = ReturnType<typeof keepUptime>;

/** Asks every domain through the proxy, whether or not the control plane is there, and tells it until it says that it has it. */
export function keepUptime(machine: Machine, signal: AbortSignal) {
  const log = uptimeLog(machine);
  let send: Send | undefined;
  let changed: (() => void) | undefined;
  let lastId = 0;
  /** What was told over this link and not thanked for: of which hour, and what else of that hour is. */
  let told = new Map<number, { hour: number; others: Set<number> }>();
  const hourNow = () => Math.floor(machine.now() / HOUR_MS);

  let telling = Promise.resolve();
  /** One at a time. What cannot be read now is told later. */
  const tell = () => (telling = telling.then(tellAll).catch(() => undefined));

  async function tellAll() {
    told = new Map();
    // What was asked until a moment ago may still be being written down.
    const now = Math.floor((machine.now() - ROUND_MS) / HOUR_MS);
    for (const hour of await log.hours()) {
      const sums = await log.sums(hour);
      // Nothing can be told of what cannot be read.
      if (sums.length === 0 && hour < now) await log.forget(hour);
      const others = new Set<number>();
      for (let from = 0; from < sums.length; from += UPTIME_SUMS) {
        const id = ++lastId;
        others.add(id);
        // An hour that is not over yet has more to come.
        if (hour < now) told.set(id, { hour, others });
        send?.({ type: "uptime", id, hour, sums: sums.slice(from, from + UPTIME_SUMS) });
      }
    }
  }

  async function go() {
    let before = "";
    for (let round = 1; !signal.aborted; round++) {
      const began = machine.elapsed();
      const answers = await ask(machine).catch(() => []);
      const now = JSON.stringify(answers.map(({ name, path, status }) => [name, path, status]).sort());
      if (before !== "" && now !== before) changed?.();
      before = now;
      if (answers.length > 0) await log.record(hourNow(), answers).catch(() => undefined);
      if (send && (round === 1 || round % ROUNDS_TOLD === 0)) await tell();
      await machine.sleep(Math.max(0, ROUND_MS - (machine.elapsed() - began)), signal).catch(() => undefined);
    }
  }
  void go();

  return {
    /** `otherwise`: a site has come to answer otherwise than a minute ago. */
    connected(over: Send, otherwise?: () => void) {
      send = over;
      changed = otherwise;
      void tell();
    },
    disconnected: () => void (send = changed = undefined),
    /** The control plane has what was told by this number. */
    async kept(id: number) {
      const part = told.get(id);
      if (!part) return;
      told.delete(id);
      part.others.delete(id);
      if (part.others.size === 0) await log.forget(part.hour);
    },
  };
}

async function ask(machine: Machine): Promise<Answer[]> {
  const { proxy, visit } = machine;
  const model = await proxyModel(machine);
  const sites = (model?.sites ?? []).flatMap(({ name, https, routes }) =>
    routes.map(({ path }) => ({ name, path, https: https !== "off" })),
  );
  const answers: Answer[] = [];
  const waiting = sites.values();
  async function work() {
    for (const site of waiting) {
      const began = machine.elapsed();
      const { status } = await visit({ ...site, name: askedFor(site.name), port: site.https ? proxy.https : proxy.http });
      answers.push({ name: site.name, path: site.path, status, latencyMs: Math.round(machine.elapsed() - began) });
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}
