import { type Entry, type JobInput, type JobKind, type JobView, jobKinds, openStates } from "@appos/shared/jobs";
import type { PageQuery } from "@appos/shared/envelope";
import { failpoint } from "@appos/shared/failpoint";
import { sha256 } from "../../bytes.ts";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { Secrets } from "../../secrets.ts";
import type { Act, ActivityService, Actor } from "../activity/service.ts";
import type { ServerRow, ServerService } from "../servers/service.ts";
import { type Records, retention } from "./retention.ts";
import type { SystemService } from "../system/service.ts";
import { dispatcher, offerOf } from "./dispatch.ts";
import type { Job, ListedJob } from "./schema.ts";
import { jobStore } from "./store.ts";

export type { Job, Link, ListedJob } from "./schema.ts";
export type { Records } from "./retention.ts";
export type JobService = ReturnType<typeof jobService>;

/** Told when a job of its kind has ended; told again if the control plane stopped in between. */
export type Settled = (job: Job) => Promise<void>;
export type Reactions = Partial<Record<JobKind, Settled>>;
/** Told whenever a job's state changes, for what is shown; it may be missed. */
export type Watch = (job: Job) => void;

export interface JobRequest<K extends JobKind> {
  server: ServerRow;
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

export function jobService(
  ports: Ports,
  secrets: Secrets,
  activity: ActivityService,
  servers: ServerService,
  system: SystemService,
  after: () => { reactions: Reactions; watch: Watch; records: Records; isElsewhere(appId: string, serverId: string): Promise<boolean> },
) {
  const { database, rooms, clock, events } = ports;
  const store = jobStore(database);
  const get = async (id: string) => (await store.find(id)) ?? notFound("job");
  const changed = (job: Job) => {
    events.publish({ type: "job.changed", id: job.id });
    after().watch(job);
    return job;
  };
  const agents = dispatcher(ports, secrets, system, changed, (appId, serverId) => after().isElsewhere(appId, serverId));

  async function view(job: ListedJob, server?: { name: string }): Promise<JobView> {
    const { id, kind, state, serverId, appId, appName, by, queuedAt, startedAt, endedAt, cancelAskedAt, error, logRemovedAt } = job;
    const serverName = server?.name ?? (await servers.nameOf(serverId));
    return { id, kind, state, serverId, serverName, appId, appName, by, queuedAt, startedAt, endedAt, cancelAskedAt, error, logRemovedAt };
  }

  return {
    get,
    getMany: (ids: string[]) => store.findMany(ids),
    view,
    async list(page: PageQuery, within?: string[]) {
      const rows = await store.list(page, within);
      const of = await servers.presences(rows.map(({ serverId }) => serverId));
      return pageOf(await Promise.all(rows.map((job) => view(job, of.get(job.serverId)))), await store.count(within), page);
    },
    /** What a job said. A log that is going is gone: it is never shown in part. */
    async entries(id: string, from: number): Promise<Entry[]> {
      const job = await get(id);
      return job.logRemovedAt === null ? store.entries(job.id, from, ENTRIES_AT_ONCE) : [];
    },
    openOfApps: (appId?: string) => store.openOfApps(appId),
    countOpen: (within?: string[]) => store.countOpen(within),
    countOpenByState: () => store.countOpenByState(),
    /** Lets go of what is over, when it is too old or there is too much of it. Called every minute. */
    tidy: retention(ports, system.steadyNow, () => after().records),

    /** Queues a job, with what must be written alongside it in the same batch. */
    async enqueue<K extends JobKind>(request: JobRequest<K>, alongside: (jobId: string) => Statement[] = () => []): Promise<Job> {
      const { server, kind, input, app, act } = request;
      const id = newId("job", clock);
      const by = act.actor?.name ?? null;
      const key = request.key === undefined ? null : sha256(`${by}\n${request.key}`);
      const fingerprint = sha256(JSON.stringify(request.asked ?? [kind, input]));
      const refusal = servers.jobRefusal(server, { kind, by });
      if (refusal) {
        const earlier = key && (await store.findByKey(key));
        if (!earlier) throw refusal;
        return sameRequest(earlier, fingerprint);
      }
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
        const link = await rooms.link(server.id);
        failpoint("control plane: a job is asked for");
        const job = await store.add(row, [...alongside(id), audit], jobKinds[kind].supersedes, link);
        failpoint("control plane: a job is committed");
        if (job.state === "offered" && link !== undefined) rooms.offer(server.id, offerOf(job, input), link);
        else rooms.wake(server.id);
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
        failpoint("control plane: a cancel is asked for");
        await activity.write(act, store.cancel(id, clock.now()));
        failpoint("control plane: a cancel is committed");
        rooms.wake(serverId);
      }
      return changed(await get(id));
    },

    /** Wakes the rooms in which there is something to do: a wake-up may have been lost, or a control plane killed. Called every minute. */
    wakeAll: async () => (await store.serversWithWork()).forEach((serverId) => rooms.wake(serverId)),

    /** Lets reactions hear of every end they have not heard of. */
    async tellEnds(serverId: string) {
      for (const job of await store.untold(serverId)) {
        failpoint("control plane: an end is to be told");
        await after().reactions[job.kind]?.(job);
        failpoint("control plane: an end was told");
        await store.told(job.id);
        changed(job);
      }
    },

    ...agents,
  };
}

function sameRequest(earlier: Job, fingerprint: string) {
  if (earlier.fingerprint === fingerprint) return earlier;
  throw new AppError("IDEMPOTENCY_CONFLICT", "This Idempotency-Key was used for another request.");
}
