import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Entry, JobView } from "@appos/shared/jobs";
import { readLedger } from "../chaos/ledger.ts";
import { type Api, api } from "../world/api.ts";
import { administrator, controlPlane } from "../world/control-plane.ts";
import { atEnd } from "../world/ends.ts";
import { dist, folder } from "../world/places.ts";
import { attempt, type Program, start } from "../world/program.ts";
import { until } from "../world/until.ts";

const agentProgram = join(dist, "agent/agent.mjs");

/** A control plane and an agent that are started again whenever they are killed, and killed where they are told to be. */
export async function failpointWorld() {
  const points = folder("failpoints");
  const listening = { NODE_OPTIONS: `--import=${join(import.meta.dirname, "listen.mjs")}`, APPOS_FAILPOINTS: points };
  const controls = await controlPlane({ env: { ...listening, APPOS_LOCAL_AGENT: "off" } });
  const admin = await api(controls.url).signIn(administrator);

  const home = folder("agent");
  const ledger = join(points, "ledger");
  const { enrollment } = await admin.addServer("tokyo-1");
  const { controlPlaneId } = await admin.get<{ controlPlaneId: string }>("system/info");
  const env = { APPOS_AGENT_DIR: home, APPOS_LEDGER: ledger };
  const enroll = [agentProgram, "enroll", "--url", controls.url, "--key", controlPlaneId];
  const told = await attempt(process.execPath, enroll, { env: { ...env, APPOS_ENROLLMENT_TOKEN: enrollment.token } });
  if (told.code !== 0) throw new Error(`The agent could not be enrolled: ${told.output}`);

  let agent: Program | undefined;
  let over = false;
  const watching = (async () => {
    for (; !over; await sleep(20)) {
      if (!agent || agent.isOver()) agent = start(process.execPath, [agentProgram, "run"], { env: { ...env, ...listening } });
      if (controls.isOver()) await controls.start();
    }
  })();
  atEnd(async () => {
    over = true;
    await watching;
    agent!.signal("SIGTERM");
    await agent!.ended;
  });
  await until("the server is up", async () => (await admin.server("tokyo-1")).linked);

  /** Asks until there is an answer: whoever is killed meanwhile is back soon. */
  async function insist<T>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    return until(`${path} is answered`, async () => {
      const response = await admin.send(body === undefined ? "GET" : "POST", path, body, headers).catch(() => undefined);
      if (!response || response.status >= 500) return undefined;
      const answer = (await response.json()) as { success: boolean; data: T; message: string };
      if (!answer.success) throw new Error(`${path}: ${answer.message}`);
      return answer.data;
    });
  }

  return {
    controls,
    admin: admin as Api,
    insist,
    arm: (point: string) => writeFileSync(join(points, "armed"), point),
    /** The point was come by, and somebody was killed there. */
    wasHit: () => !existsSync(join(points, "armed")),
    clear: () => writeFileSync(join(points, "seen"), ""),
    /** Every point that was come by, once. */
    seen: () => [...new Set(readFileSync(join(points, "seen"), "utf8").split("\n").filter(Boolean))],
    ended: (jobId: string) =>
      until(
        `job ${jobId} is over`,
        async () => {
          const job = await insist<JobView>(`jobs/${jobId}`);
          return ["queued", "offered", "running"].includes(job.state) ? undefined : job;
        },
        90_000,
      ),
    entries: async (jobId: string) => {
      const all: Entry[] = [];
      for (;;) {
        const { items } = await insist<{ items: Entry[] }>(`jobs/${jobId}/entries?after=${all.at(-1)?.seq ?? 0}`);
        if (items.length === 0) return all;
        all.push(...items);
      }
    },
    starts: (jobId: string) => readLedger(ledger).filter(({ job, what }) => job === jobId && what === "start").length,
  };
}
