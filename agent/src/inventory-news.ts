import { type AgentFrame, type AppInventory, FRAME_BYTES } from "@appos/shared/agent-link";
import { inventory, inventoryOf } from "./inventory.ts";
import type { Machine } from "./machine/machine.ts";

/** So long after something was not as it should be, it is looked at again: nothing says when a restart loop is over. */
const AGAIN_MS = 60_000;

/** Says which containers there are, whenever that changes, for as long as a link is open. */
export function inventoryNews(machine: Machine, send: (frame: AgentFrame) => void, signal: AbortSignal) {
  let changed = new Set<string | null>();
  let telling = false;
  const drifted = new Set<string>();
  let looking = false;

  async function tell(appId: string | null) {
    changed.add(appId);
    if (telling) return;
    telling = true;
    while (changed.size > 0 && !signal.aborted) {
      const apps = [...changed];
      changed = new Set();
      await tellAbout(apps).catch(() => {});
      await machine.sleep(250, signal).catch(() => {});
    }
    telling = false;
  }

  async function tellAbout(apps: (string | null)[]) {
    const isWhole = apps.includes(null);
    const found = isWhole ? await inventory(machine) : (await Promise.all(apps.map((appId) => inventoryOf(machine, appId!)))).flat();
    if (isWhole) drifted.clear();
    for (const { appId, drift = [] } of found)
      if (drift.length > 0) drifted.add(appId);
      else drifted.delete(appId);
    say(found, isWhole);
    void lookAgain();
  }

  /** In one frame, or where that would be too large, app by app. */
  function say(apps: AppInventory[], isWhole: boolean) {
    const whole: AgentFrame = { type: "inventory", apps, whole: true };
    if (isWhole && fits(JSON.stringify(whole))) return send(whole);
    for (const app of apps) send({ type: "inventory", apps: [app], whole: false });
  }

  async function lookAgain() {
    if (looking) return;
    looking = true;
    while (drifted.size > 0 && !signal.aborted) {
      await machine.sleep(AGAIN_MS, signal).catch(() => {});
      if (!signal.aborted) for (const appId of drifted) void tell(appId);
    }
    looking = false;
  }

  return {
    begin() {
      machine.engine.watch((appId) => void tell(appId), signal);
      void tell(null);
    },
    /** A job in this lane has ended: what should run may be something else now. */
    jobEnded(lane: string | undefined) {
      if (lane?.startsWith("app:")) void tell(lane.slice("app:".length));
    },
  };
}

/** A text of so many characters has at most three times as many bytes; only where that is too much are they counted. */
export const fits = (text: string) => text.length * 3 <= FRAME_BYTES || new TextEncoder().encode(text).length <= FRAME_BYTES;
