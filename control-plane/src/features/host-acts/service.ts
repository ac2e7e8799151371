import type { HostAct } from "@appos/shared/host-acts";
import type { Ports } from "../../ports.ts";
import type { ActivityService } from "../activity/service.ts";
import type { AppService } from "../apps/service.ts";
import type { ServerService } from "../servers/service.ts";

export type HostActService = ReturnType<typeof hostActService>;

/** Nobody who was away for longer than this is believed without a reason: where nothing is known of an earlier link, an act is no older. */
const OLDEST_MS = 30 * 24 * 3_600_000;

const wantedAfter = { "stop-app": "stopped", "start-app": "running", "rollback-app": "running" } as const;

/** What was done on servers themselves while nobody here was asked. */
export function hostActService({ clock }: Ports, servers: ServerService, apps: AppService, activity: ActivityService) {
  /** By this clock. The server's own was perhaps set meanwhile: whatever it did is told over its next link. */
  async function endedAt(serverId: string, endedMsAgo: number) {
    const now = clock.now();
    const earliest = (await servers.lastLink(serverId)) ?? now - OLDEST_MS;
    return Math.min(now, Math.max(earliest, now - endedMsAgo));
  }

  /** Writes an act down, with what it changed, once: told again, it is known. */
  async function keep(serverId: string, by: string, act: HostAct) {
    const { id, kind, appId, name, outcome, release, endedMsAgo } = act;
    // An agent that is older says 0, which is no job's number, where it knows of none.
    const afterJob = act.afterJob || null;
    const activityId = `${id}_${serverId}`;
    const wanted = outcome === "succeeded" ? wantedAfter[kind] : undefined;
    const changes = appId === null ? [] : await apps.acted(serverId, appId, { release, wanted, afterJob, activityId });
    const action = outcome === "succeeded" ? `host-${kind}` : `host-${kind}-failed`;
    const subject = kind === "rollback-app" && outcome === "succeeded" && release !== null ? `${name} to release ${release}` : name;
    const row = { id: activityId, at: await endedAt(serverId, endedMsAgo), by, action, subject, serverId };
    await activity.writeOnce({ ...row, ...(changes.length > 0 && { appId }) }, changes);
    if (changes.length > 0 && appId !== null) apps.changed(appId);
  }

  return {
    /** Which of them need not be told again: all. */
    async keep(serverId: string, acts: HostAct[]): Promise<string[]> {
      const by = `root on ${await servers.nameOf(serverId)}`;
      for (const act of acts) await keep(serverId, by, act);
      return acts.map(({ id }) => id);
    },
  };
}
