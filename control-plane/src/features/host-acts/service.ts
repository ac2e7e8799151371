import type { HostAct } from "@appos/shared/host-acts";
import type { Ports } from "../../ports.ts";
import type { ActivityService } from "../activity/service.ts";
import type { AppService } from "../apps/service.ts";
import type { ServerService } from "../servers/service.ts";

export type HostActService = ReturnType<typeof hostActService>;

const wantedAfter = { "stop-app": "stopped", "start-app": "running", "rollback-app": "running" } as const;

/** What was done on servers themselves while nobody here was asked. */
export function hostActService({ clock }: Ports, servers: ServerService, apps: AppService, activity: ActivityService) {
  /** Writes an act down, with what it changed, once: told again, it is known. */
  async function keep(serverId: string, by: string, act: HostAct) {
    const { id, kind, appId, name, outcome, release, afterJob, endedMsAgo } = act;
    const activityId = `${id}_${serverId}`;
    const wanted = outcome === "succeeded" ? wantedAfter[kind] : undefined;
    const changes = appId === null ? [] : await apps.acted(serverId, appId, { release, wanted, afterJob, activityId });
    const action = outcome === "succeeded" ? `host-${kind}` : `host-${kind}-failed`;
    const subject = kind === "rollback-app" && outcome === "succeeded" && release !== null ? `${name} to release ${release}` : name;
    const row = { id: activityId, at: clock.now() - endedMsAgo, by, action, subject, serverId };
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
