import type { Finished } from "@appos/shared/agent-link";
import { type Entry, type JobError, type JobInput, type JobKind, type JobView, jobKinds, openStates } from "@appos/shared/jobs";
import type { PageQuery } from "@appos/shared/envelope";
import { sha256 } from "../../bytes.ts";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { Secrets } from "../../secrets.ts";
import type { Act, ActivityService, Actor } from "../activity/service.ts";
import type { ServerService } from "../servers/service.ts";
import { linkStore } from "./link-store.ts";
import { nextOffers, reconcile } from "./offers.ts";
import type { Job, Link, ListedJob } from "./schema.ts";
import { jobStore } from "./store.ts";

export type { Job, Link, ListedJob } from "./schema.ts";
export type JobService = ReturnType<typeof jobService>;

/** Told when a job of its kind has ended; told again if the control plane stopped in between. */
export type Settled = (job: Job) => Promise<void>;
export type Reactions = Partial<Record<JobKind, Settled>>;
/** Told whenever a job's state changes, for what is shown; it may be missed. */
export type Watch = (job: Job) => void;

export interface JobRequest<K extends JobKind> {
  server: { id: string; name: string };
  kind: K;
  input: JobInput<K>;
  app?: { id: string; name: string };
  act: Act;
  /** The same key again, by the same person, gives the first job back. */
  key?: string | undefined;
  /** What was asked for, where the input says more. */
  asked?: unknown;
}

const ENTRIES_AT_ONCE = 1_000;
/** Jobs that are remembered between being asked for and being offered. */
const FRESH = 32;

export function jobService(
  { database, rooms, clock, events }: Ports,
  secrets: Secrets,
  activity: ActivityService,
  servers: ServerService,
  after: () => { reactions: Reactions; watch: Watch },
) {
  const store = jobStore(database);
  const links = linkStore(database);
  const get = async (id: string) => (await store.find(id)) ?? notFound("job");
  /** What was just asked for, so that its offer need not be opened again. */
  const fresh = new Map<string, unknown>();
  const changed = (job: Job) => {
    events.publish({ type: "job.changed", id: job.id });
    after().watch(job);
    return job;
  };
  const changedIfAny = (job: Job | undefined) => job && changed(job);

  async function view(job: ListedJob): Promise<JobView> {
    const { id, kind, state, serverId, appId, appName, by, queuedAt, startedAt, endedAt, cancelAskedAt, error } = job;
    const serverName = await servers.nameOf(serverId);
    return { id, kind, state, serverId, serverName, appId, appName, by, queuedAt, startedAt, endedAt, cancelAskedAt, error };
  }

  return {
    get,
    getMany: (ids: string[]) => store.findMany(ids),
    view,
    list: async (page: PageQuery) => pageOf(await Promise.all((await store.list(page)).map(view)), await store.count(), page),
    entries: async (id: string, from: number): Promise<Entry[]> => store.entries((await get(id)).id, from, ENTRIES_AT_ONCE),
    openOfApps: (appId?: string) => store.openOfApps(appId),
    countOpen: () => store.countOpen(),

    /** Queues a job, with what must be written alongside it in the same batch. */
    async enqueue<K extends JobKind>(request: JobRequest<K>, alongside: (jobId: string) => Statement[] = () => []): Promise<Job> {
      const { server, kind, input, app, act } = request;
      const id = newId("job", clock);
      const by = act.actor?.name ?? null;
      const key = request.key === undefined ? null : sha256(`${by}\n${request.key}`);
      const fingerprint = sha256(JSON.stringify(request.asked ?? [kind, input]));
      const sealed = await secrets.seal(JSON.stringify(input), `job ${id}`);
      const row = {
        id,
        serverId: server.id,
        appId: app?.id ?? null,
        appName: app?.name ?? null,
        kind,
        lane: jobKinds[kind].lane(input),
        input: sealed,
        by,
        key,
        fingerprint,
        queuedAt: clock.now(),
      };
      try {
        const audit = activity.statement({ serverId: server.id, ...(app && { appId: app.id }), ...act, jobId: id });
        const job = await store.add(row, [...alongside(id), audit], jobKinds[kind].supersedes);
        if (fresh.size < FRESH) fresh.set(id, input);
        rooms.wake(server.id);
        activity.told();
        return changed(job);
      } catch (error) {
        // Keys are unique: whoever comes second finds nothing written, and is given the first one's job.
        const earlier = key && (await store.findByKey(key));
        if (!earlier) throw error;
        return sameRequest(earlier, fingerprint);
      }
    },

    /** The job that was asked for with this key before, if any; for something else it is a conflict. */
    async earlier(actor: Actor, key: string | undefined, asked: unknown): Promise<Job | undefined> {
      const job = key === undefined ? undefined : await store.findByKey(sha256(`${actor.name}\n${key}`));
      return job && sameRequest(job, sha256(JSON.stringify(asked)));
    },

    async cancel(id: string, actor: Actor): Promise<Job> {
      const { serverId, appId, appName, state } = await get(id);
      if (openStates.includes(state)) {
        const act = { actor, action: "cancel-job", subject: appName ?? id, serverId, appId, jobId: id };
        await activity.write(act, store.cancel(id, clock.now()));
        rooms.wake(serverId);
      }
      return changed(await get(id));
    },

    /** A control plane that was killed may have left ends untold: the rooms of these servers look once it is back. */
    wakeUntold: async () => (await store.serversUntold()).forEach((serverId) => rooms.wake(serverId)),

    /** Lets reactions hear of every end they have not heard of. */
    async tellEnds(serverId: string) {
      for (const job of await store.untold(serverId)) {
        await after().reactions[job.kind]?.(job);
        await store.told(job.id);
        fresh.delete(job.id);
        changed(job);
      }
    },

    openLink: (serverId: string): Promise<number> => links.open(serverId),

    /** Makes a proven socket the link, and brings what we think of the agent's jobs together with what its journal holds. Nothing to a stale one. */
    async agree(link: Link, journal: string, journalled: string[]) {
      const former = await links.prove(link);
      if (!former) return undefined;
      const unsettled = await links.unsettled(link);
      const held = new Set(journalled);
      const stands = Map.groupBy(unsettled, (job) => reconcile(job, { holds: held.has(job.id), isNew: journal !== former.journal }));
      await links.agree(link, journal, stands, clock.now());
      const open = new Set(unsettled.map(({ id }) => id));
      return { resend: stands.get("running") ?? [], forget: journalled.filter((id) => !open.has(id)) };
    },

    /** What an agent should hear now: offers, with their inputs opened, and whom to cancel. An offer is repeated until it is accepted. */
    async pending(link: Link) {
      const unsettled = await links.unsettled(link);
      const heads = nextOffers(unsettled);
      const toSay = unsettled.some(({ state, cancelAskedAt }) => state === "offered" || cancelAskedAt !== null);
      if (heads.length === 0 && !toSay) return { offers: [], cancels: [] };
      const given = await links.offer(link, heads);
      const offered = given.filter(({ state }) => state === "offered");
      const inputOf = async ({ id, input }: Job): Promise<unknown> => fresh.get(id) ?? JSON.parse(await secrets.open(input, `job ${id}`));
      const offers = await Promise.all(
        offered.map(async (job) => ({
          ...job,
          timeLimitMs: jobKinds[job.kind].timeLimitMs,
          input: await inputOf(job),
        })),
      );
      return { offers, cancels: given.filter(({ cancelAskedAt }) => cancelAskedAt !== null) };
    },

    async accept(link: Link, id: string) {
      fresh.delete(id);
      return changedIfAny(await links.move(link, id, "offered", { state: "running", startedAt: clock.now() }));
    },
    refuse: async (link: Link, id: string, error: JobError) =>
      changedIfAny(await links.move(link, id, "offered", { state: "failed", error, endedAt: clock.now() })),
    async hold(link: Link, id: string, said: Entry[]) {
      const job = await links.hold(link, id, said);
      if (job) events.publish({ type: "job.said", id });
      return job;
    },

    /** Ends a running job, once everything it said is held. */
    finish: (link: Link, id: string, { outcome, result, error, lastSeq }: Finished) =>
      links.move(link, id, "running", { state: outcome, result, error: error ?? null, endedAt: clock.now() }, lastSeq),
  };
}

function sameRequest(earlier: Job, fingerprint: string) {
  if (earlier.fingerprint === fingerprint) return earlier;
  throw new AppError("IDEMPOTENCY_CONFLICT", "This Idempotency-Key was used for another request.");
}
