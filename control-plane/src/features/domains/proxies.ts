import type { ChangeProxy, ProxyView } from "@appos/shared/domains";
import { jobKinds } from "@appos/shared/jobs";
import type { AcmeAuthority, SiteState } from "@appos/shared/sites";
import { AppError, errorText } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { Job, Settled } from "../jobs/service.ts";
import type { ServerService } from "../servers/service.ts";
import type { addressDomains } from "./addresses.ts";
import { warnOfExpiry } from "./expiry.ts";
import { checkModel } from "./model.ts";
import type { ConsoleRow } from "./schema.ts";
import type { domainStore } from "./store.ts";
import { modelFor, type Sources, type tellServer, unchanged } from "./tell-server.ts";

/** So many servers are told at once of what all share: the others a minute later. */
const AT_ONCE = 100;
/** So many domains leave room for whichever authority. */
const SMALL = 100;

interface Around {
  store: ReturnType<typeof domainStore>;
  tell: ReturnType<typeof tellServer>;
  servers: ServerService;
  sources: Sources;
  activity: ActivityService;
  changed(ids: string[]): void;
  /** Those that lead to addresses. */
  addresses: Pick<ReturnType<typeof addressDomains>, "named" | "servers">;
  /** The console's. */
  ownAddress(): Promise<Pick<ConsoleRow, "name" | "serverId"> | undefined>;
}

/** The proxies of servers: what they are told as a whole, and what they say. */
export function proxyService(
  { clock, events, log }: Ports,
  { store, tell, servers, sources, activity, changed, ownAddress, addresses }: Around,
) {
  const told = (serverId: string) => events.publish({ type: "server.changed", id: serverId });

  async function again(serverId: string, action: string, actor: Actor | null) {
    const server = await servers.find(serverId);
    const job = await tell({ server, act: { actor, action, subject: server.name } }, unchanged);
    told(server.id);
    return job!;
  }

  /** What cannot be ordered now stands where people see it, and is tried again. */
  async function catchUp(actor: Actor | null = null) {
    for (const { serverId } of await store.due(AT_ONCE)) {
      const server = await servers.find(serverId);
      const act = { actor, action: "change-certificates", subject: server.name };
      try {
        await tell({ server, act }, (served) => (served.proxy?.due ? unchanged(served) : undefined));
      } catch (error) {
        if (error instanceof AppError) await store.batch([store.owed(serverId, error.message)]);
        else log.warn("a server's proxy was not told", { error: errorText(error) });
      }
      told(serverId);
    }
  }

  /** What a server says of its sites. It can speak of the names of its own apps only; what it said before is not written again. */
  async function seen(serverId: string, sites: SiteState[], whole: boolean) {
    const said = new Map(sites.map(({ name, ...state }) => [name, state]));
    const [names, own] = [await store.names(serverId), await ownAddress()];
    const other = names.flatMap(({ name, seen: before }) => {
      const now = said.get(name) ?? (whole ? null : before);
      return JSON.stringify(now) === JSON.stringify(before) ? [] : [{ name, now }];
    });
    const [first, ...more] = other.flatMap(({ name, now }) => store.see(serverId, name, now));
    if (first) {
      await store.batch([first, ...more]);
      changed(await store.domainsOf(other.map(({ name }) => name)));
      const isElsewhere = other.some(({ name }) => name === own?.name) || (await addresses.named(other.map(({ name }) => name))).length > 0;
      if (isElsewhere) told(serverId);
    }
    // It has lost what it was told, as with a disk of its own from yesterday; or its agent of before did not know of domains.
    const hasLost = whole && names.some(({ name, aliasOf }) => aliasOf === null && !said.has(name));
    if (hasLost && (await store.hasBeenTold(serverId))) await again(serverId, "reload-proxy", null).catch(refusal);
  }

  async function ended(job: Job) {
    if (job.state === "succeeded") {
      await store.applied(job.serverId, job, clock.now());
      const { data: result } = jobKinds["apply-sites"].result.safeParse(job.result);
      // It has not room for all of them.
      if (result) await seen(job.serverId, result.sites, false);
      if (result?.authority !== undefined) await store.setAuthority(job.serverId, result.authority);
    }
    if (job.state === "failed" || job.state === "lost")
      await store.refused(job.serverId, job.id, job.error?.message ?? "Its server did not say why.");
  }

  /** Servers whose proxy has something to serve. */
  async function serving() {
    const own = await ownAddress();
    return [
      ...new Set([
        ...(await store.countOn()).map(({ serverId }) => serverId),
        ...(own ? [own.serverId] : []),
        ...(await addresses.servers()),
      ]),
    ];
  }

  async function list(serverIds?: string[]): Promise<ProxyView[]> {
    const counts = new Map((await store.countOn()).map(({ serverId, n }) => [serverId, n]));
    const own = await ownAddress();
    const rows = await store.proxies(serverIds);
    return rows.map(({ serverId, driver, place, problem, appliedAt }) => ({
      serverId,
      driver,
      place,
      domains: counts.get(serverId) ?? 0,
      console: own?.serverId === serverId ? own.name : null,
      problem,
      appliedAt,
    }));
  }

  return {
    list: () => list(),

    /** Has another program serve a server's domains from now on. There is no job where it does so already. */
    async change(idOrName: string, { driver, place }: ChangeProxy, actor: Actor): Promise<{ proxy: ProxyView; job: Job | null }> {
      const server = await servers.find(idOrName);
      const act = { actor, action: "change-proxy", subject: server.name };
      const job = await tell({ server, act }, (served) =>
        served.proxy?.driver === driver && served.proxy.place === place
          ? undefined
          : { ...unchanged(served), program: { driver, place }, statements: () => [store.setProgram(server.id, { driver, place })] },
      );
      told(server.id);
      return { proxy: (await list([server.id]))[0]!, job: job ?? null };
    },

    /** Tells a server all once more, or every one that has domains. One that does not take it keeps none of the others from hearing it. */
    async reload(idOrName: string | undefined, actor: Actor): Promise<Job[]> {
      const serverIds = idOrName === undefined ? await serving() : [idOrName];
      const tries = [];
      for (const serverId of serverIds) tries.push(...(await Promise.allSettled([again(serverId, "reload-proxy", actor)])));
      const refusal = tries.find(({ status }) => status === "rejected");
      if (refusal?.status === "rejected") throw refusal.reason;
      return tries.flatMap((tried) => (tried.status === "fulfilled" ? tried.value : []));
    },

    certificates: store.certificates,
    async setCertificates(acme: AcmeAuthority, actor: Actor): Promise<AcmeAuthority> {
      if (acme.roots !== null && !isCertificates.test(acme.roots.trim())) {
        const message = "Give certificates in PEM, each from BEGIN CERTIFICATE to END CERTIFICATE, and nothing else.";
        throw new AppError("INVALID_REQUEST", message, [{ path: "roots", message }]);
      }
      for (const { serverId } of (await store.countOn()).filter(({ n }) => n > SMALL)) {
        const served = await store.served(serverId);
        const server = await servers.find(serverId);
        checkModel((await modelFor(sources, { ...served, acme }, { after: served })).model, server.name);
      }
      await activity.write({ actor, action: "change-certificates", subject: new URL(acme.directory).host }, store.setCertificates(acme));
      await catchUp(actor);
      return store.certificates();
    },
    /** Tells those servers that were not told yet of what all share, and people which certificates run out. Called every minute. */
    async tick() {
      await catchUp();
      changed(await store.domainsOf(await warnOfExpiry(store, activity, clock.now())));
    },

    seen,
    catchUp,

    /** What whoever is to trust a server's own authority is given: its certificate, in PEM. */
    async authority(idOrName: string): Promise<string> {
      const { id, name } = await servers.find(idOrName);
      const [proxy] = await store.proxies([id]);
      if (proxy?.authority) return proxy.authority;
      throw new AppError(
        "NOT_FOUND",
        `${name} has no authority of its own yet: it comes with the first domain that is to have its certificate.`,
      );
    },

    /** Told of every end of a job that told a server what to serve. */
    settled: (async (job) => {
      if (job.state === "superseded" || job.state === "canceled") return;
      const [proxy] = await store.proxies([job.serverId]);
      const waiting = await store.changedSince(job.serverId, proxy?.appliedRevision ?? 0);
      await ended(job);
      changed(waiting);
      told(job.serverId);
      // It is from a time that this database does not know: its server serves what nobody here has asked for.
      if (job.number > (proxy?.revision ?? 0)) await again(job.serverId, "reload-proxy", null).catch(refusal);
    }) satisfies Settled,
  };
}

const isCertificates = /^(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/;

/** That a server is gone, or takes no orders, is nothing that trying again would mend. */
function refusal(error: unknown) {
  if (!(error instanceof AppError)) throw error;
}
