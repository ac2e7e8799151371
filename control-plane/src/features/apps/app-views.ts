import type { AppView } from "@appos/shared/apps";
import { nameOf } from "@appos/shared/updates";
import type { SharedEnvService } from "../env/service.ts";
import type { JobService } from "../jobs/service.ts";
import type { ProjectService } from "../projects/service.ts";
import type { ServerService } from "../servers/service.ts";
import type { TemplateService } from "../templates/service.ts";
import { appStatus } from "./app-status.ts";
import { driftShown } from "./drift-shown.ts";
import type { AppRow } from "./schema.ts";

interface Around {
  servers: ServerService;
  jobs: JobService;
  projects: ProjectService;
  sharedEnv: SharedEnvService;
  templates: TemplateService;
}

/** Apps as people see them, with what others know of them: one question to each, however many there are. */
export function appViews({ servers, jobs, projects, sharedEnv, templates }: Around) {
  return async function viewsOf(rows: AppRow[]): Promise<AppView[]> {
    const open = Map.groupBy(await jobs.openOfApps(rows.length === 1 ? rows[0]!.id : undefined), ({ appId }) => appId);
    const presences = await servers.presences(rows.map(({ serverId }) => serverId));
    const names = await projects.names(rows.flatMap(({ projectId }) => projectId ?? []));
    const shared = await sharedEnv.changes(rows.flatMap(({ projectId, serverId }) => [projectId ?? [], serverId].flat()));
    const newest = await templates.versions([...new Set(rows.flatMap(({ templateId }) => templateId ?? []))]);
    return rows.map((row) => {
      const {
        id,
        name,
        projectId,
        labels,
        keepReleases,
        serverId,
        services,
        observedAt,
        liveRelease,
        liveVersion,
        version,
        deploymentId,
        createdAt,
      } = row;
      const server = presences.get(serverId) ?? { name: serverId, presence: "lost" as const, since: 0 };
      const status = appStatus({ ...row, presence: server.presence, openJobs: (open.get(id) ?? []).map(({ kind }) => kind) });
      return {
        id,
        name,
        serverId,
        serverName: server.name,
        status,
        services,
        // As long as its server was there, what it said last was so.
        drift: driftShown(row, (open.get(id) ?? []).length > 0),
        observedAt: observedAt !== null && server.presence !== "up" ? Math.max(observedAt, server.since) : observedAt,
        liveRelease,
        liveVersion,
        version,
        sharedChanged: sharedChanged(row, shared),
        project: projectId === null ? null : { id: projectId, name: names.get(projectId) ?? projectId },
        labels,
        keepReleases,
        template: templateOf(row, newest),
        updates: {
          ...row.updatesFound,
          settings: row.updates,
          gaveUp: status !== "deploying" && row.updatesTried !== "" && row.updatesTried === nameOf(row.updatesFound.available),
        },
        deploymentId,
        createdAt,
      };
    });
  };
}

function templateOf({ templateId: id, templateVersion: version }: AppRow, newest: ReadonlyMap<string, string>): AppView["template"] {
  if (id === null || version === null) return null;
  const newer = newest.get(id);
  return { id, version, ...(newer !== undefined && newer !== version && { newer }) };
}

function sharedChanged({ projectId, serverId, liveEnvAt }: AppRow, changes: ReadonlyMap<string, number>): boolean {
  const newest = Math.max(changes.get(serverId) ?? 0, (projectId !== null && changes.get(projectId)) || 0);
  return liveEnvAt !== null && newest > liveEnvAt;
}
