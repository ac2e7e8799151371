import { endOf, isWildcard } from "@appos/shared/wildcards";
import type { DomainStatus, DomainView } from "@appos/shared/domains";
import { openStates } from "@appos/shared/jobs";
import type { AppService } from "../apps/service.ts";
import type { JobService, ListedJob } from "../jobs/service.ts";
import type { ServerService } from "../servers/service.ts";
import { shownAccess } from "./name-options.ts";
import type { DomainRow, NameRow, ProxyRow } from "./schema.ts";
import type { domainStore, Listed } from "./store.ts";

export const urlOf = ({ name, path, https }: Pick<DomainRow, "name" | "path"> & Pick<NameRow, "https">) =>
  `${https === "off" ? "http" : "https"}://${name}${path === "/" ? "" : path}`;

type Told = Pick<ProxyRow, "appliedRevision" | "problem"> | undefined;

/** How far a domain is that its server was told of with this revision. */
export function standOf(
  revision: number,
  proxy: Told,
  job: Pick<ListedJob, "state" | "error"> | undefined,
  linked: boolean,
): { status: DomainStatus; problem: string | null } {
  if (revision <= (proxy?.appliedRevision ?? 0)) return { status: "serving", problem: null };
  if (job && openStates.includes(job.state)) return { status: linked ? "saving" : "waiting", problem: null };
  // It is about to be told to whoever reacts to it.
  if (job?.state === "succeeded") return { status: "saving", problem: null };
  const canceled = "The job that tells its server of it was canceled. Apply it again.";
  return { status: "refused", problem: job?.state === "canceled" ? canceled : (job?.error?.message ?? proxy?.problem ?? null) };
}

interface Around {
  store: ReturnType<typeof domainStore>;
  servers: ServerService;
  jobs: JobService;
  apps: AppService;
}

/** Domains as people see them: one question to each who knows something of them. `within`: as those see them who see nothing but these projects. */
export function domainViews({ store, servers, jobs, apps }: Around) {
  /** A server's words may name what belongs to others. */
  async function discreet(problem: string | null, serverId: string, within: string[] | undefined) {
    if (problem === null || within === undefined) return problem;
    const others = await store.outside([serverId], within);
    return others.some((name) => names(problem, name)) ? "Its server refused it. An administrator can see why." : problem;
  }

  return async function viewsOf(rows: Listed[], within?: string[]): Promise<DomainView[]> {
    if (rows.length === 0) return [];
    const owners = new Map((await apps.findMany([...new Set(rows.map(({ name }) => name.appId))])).map((app) => [app.id, app]));
    const serverIds = [...new Set([...owners.values()].map(({ serverId }) => serverId))];
    const presences = await servers.presences(serverIds);
    const proxies = new Map((await store.proxies(serverIds)).map((proxy) => [proxy.serverId, proxy]));
    const jobIds = [...proxies.values()].flatMap(({ jobId }) => jobId ?? []);
    const told = new Map((await jobs.getMany(jobIds)).map((job) => [job.id, job]));
    const discretion = new Map<string, Promise<string | null>>();
    return Promise.all(
      rows.map(async ({ domain, name }) => {
        const { id, path, service, port, createdAt } = domain;
        const { appId, https, certificateId, dnsProviderId, forceHttps, www, headers, hsts, access, maxBodyMb, compress, downPage, seen } =
          name;
        const { serverId, name: appName } = owners.get(appId)!;
        const { name: serverName, linked } = presences.get(serverId) ?? { name: serverId, linked: false };
        const proxy = proxies.get(serverId);
        const job = told.get(proxy?.jobId ?? "");
        const { status, problem } = standOf(Math.max(domain.revision, name.revision), proxy, job, linked);
        if (!discretion.has(serverId) && problem !== null) discretion.set(serverId, discreet(problem, serverId, within));
        return {
          id,
          domain: name.name,
          path,
          app: { id: appId, name: appName },
          server: { id: serverId, name: serverName },
          service,
          port,
          https,
          certificateId,
          dnsProviderId,
          forceHttps,
          www,
          headers,
          hsts,
          access: access && shownAccess(access),
          maxBodyMb,
          compress,
          downPage,
          url: urlOf({ ...domain, https }),
          status,
          problem: problem === null ? null : ((await discretion.get(serverId)) ?? null),
          certificate: https === "off" ? null : (seen?.certificate ?? null),
          certificateProblem: https === "off" ? null : (seen?.certificateProblem ?? null),
          seen: seen !== null,
          answers: seen?.status ?? null,
          jobId: job?.id ?? null,
          createdAt,
        };
      }),
    );
  };
}

function names(text: string, name: string) {
  // Of a wildcard whatever is under it, for a proxy may speak of any such name; and of its pattern, where a dot is in brackets.
  if (isWildcard(name)) return new RegExp(`${endOf(name).replaceAll(".", String.raw`\[?\.\]?`)}(?![a-z0-9-])`, "i").test(text);
  return new RegExp(`(?<![a-z0-9.-])${name.replaceAll(".", String.raw`\.`)}(?![a-z0-9-])`, "i").test(text);
}
