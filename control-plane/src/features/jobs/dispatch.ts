import type { Finished, Offer, Proof } from "@appos/shared/agent-link";
import { type Entry, type JobError, JobKind, jobKinds } from "@appos/shared/jobs";
import { sha256 } from "../../bytes.ts";
import type { Ports } from "../../ports.ts";
import type { Secrets } from "../../secrets.ts";
import type { SystemService } from "../system/service.ts";
import { linkStore } from "./link-store.ts";
import { nextOffers, reconcile, type Stand } from "./offers.ts";
import type { Job, Link } from "./schema.ts";

/** An offer over a link that is open is not repeated before this time. */
const AGAIN_MS = 10_000;

/** What was asked of us has its own words; of a job that an agent has told us of, nobody here knows any. */
const toldOf = (id: string) => sha256(id);

/** What agents say of their jobs and are told of them. What comes over any but the newest link changes nothing. */
export function dispatcher(
  { database, clock, events, holder }: Pick<Ports, "database" | "clock" | "events" | "holder">,
  secrets: Secrets,
  system: SystemService,
  changed: (job: Job) => Job,
  isElsewhere: (appId: string, serverId: string) => Promise<boolean>,
) {
  const links = linkStore(database);
  const inputOf = async ({ id, input }: Job): Promise<unknown> => JSON.parse(await secrets.open(input, `job ${id}`));
  const changedIfAny = (job: Job | undefined) => job && changed(job);

  /** Whether this database is older than what the agent has seen of it; then it begins a new lifetime. */
  async function isRestored({ epoch }: Link, seen: Proof["seen"]): Promise<{ restored: boolean; upTo: number }> {
    const known = await system.incarnation();
    if (seen === null || (seen.incarnation === known.id && seen.epoch < epoch)) return { restored: false, upTo: 0 };
    if (seen.incarnation === known.id) await system.beginAnew(await links.lastNumber());
    return { restored: true, upTo: (await system.incarnation()).since };
  }

  return {
    openLink: (serverId: string): Promise<number> => links.open(serverId),

    /**
     * Makes a proven socket the link, and brings what we think of the agent's jobs together with what its journal holds.
     * Nothing to a stale one. `describe` are jobs that it holds and nobody here knows.
     */
    async agree(link: Link, { journal, jobs: journalled, seen, lanes }: Omit<Proof, "type" | "signature">) {
      const former = await links.prove(link, lanes, holder ?? null);
      if (!former) return undefined;
      const { restored, upTo } = await isRestored(link, seen);
      const unsettled = await links.unsettled(link);
      const held = new Set(journalled);
      const stands = unsettled.map((job): Stand => {
        const isNew = journal !== former.journal;
        return { job, ...reconcile(job, { holds: held.has(job.id), isNew, fromBefore: restored && job.number <= upTo }) };
      });
      await links.agree(link, journal, stands, clock.now());
      const open = new Set(unsettled.map(({ id }) => id));
      const others = journalled.filter((id) => !open.has(id));
      const known = new Set(await links.known(others));
      return {
        resend: stands.filter(({ state }) => state === "running").map(({ job }) => job),
        forget: others.filter((id) => known.has(id)),
        describe: others.filter((id) => !known.has(id)),
      };
    },

    /** Takes up a job that an agent holds and this database has never heard of. From then on it is one like any other. */
    async adopt(link: Link, offer: Offer): Promise<Job | undefined> {
      const { data: kind } = JobKind.safeParse(offer.kind);
      if (!kind) return undefined;
      const { appId: said = null, name = null } = (offer.input ?? {}) as { appId?: string; name?: string };
      // An agent speaks of its own server's apps only.
      const appId = said !== null && (await isElsewhere(said, link.serverId)) ? null : said;
      const { jobId: id, lane, by } = offer;
      const input = await secrets.seal(JSON.stringify(offer.input), `job ${id}`);
      const now = clock.now();
      const at = { queuedAt: now, startedAt: now };
      const row = { id, serverId: link.serverId, appId, appName: name, kind, lane, input, by, held: offer.after };
      return changedIfAny(await links.adopt(link, { ...row, ...at, state: "running", fingerprint: toldOf(id) }));
    },

    /** What an agent should hear now: offers, with their inputs opened, and whom to cancel. An offer is repeated until it is accepted. */
    async pending(link: Link, said: Map<string, number>): Promise<{ offers: Offer[]; cancels: string[] }> {
      const now = clock.now();
      const next = await links.next(link);
      const cancels = next.filter(({ state, cancelAskedAt }) => state !== "queued" && cancelAskedAt !== null).map(({ id }) => id);
      const again = next.filter(({ state, id }) => state === "offered" && Math.abs(now - (said.get(id) ?? 0)) >= AGAIN_MS);
      const heads = nextOffers(next, link.lanes);
      const given = heads.length + again.length > 0 ? await links.offer(link, [...heads, ...again]) : [];
      return { offers: await Promise.all(given.map(async (job) => offerOf(job, await inputOf(job)))), cancels };
    },

    /** What we gave a job that runs at the other end of this link; undefined where no such job does. One that its agent told us of was given nothing by us. */
    async runningInput(link: Link, id: string): Promise<unknown> {
      const job = await links.asItIs(link, id);
      if (job?.state !== "running") return undefined;
      return job.fingerprint === toldOf(id) ? {} : inputOf(job);
    },

    accept: async (link: Link, id: string) =>
      changedIfAny(await links.move(link, id, "offered", { state: "running", startedAt: clock.now() })),

    /** Ends an offered job that its server does not take on. One who has seen newer orders than ours shows that ours are from before. */
    async refuse(link: Link, id: string, error: JobError) {
      const job = changedIfAny(await links.move(link, id, "offered", { state: "failed", error, endedAt: clock.now() }));
      if (job && error.code === "STALE_ORDER") await system.beginAnew(await links.lastNumber());
      return job;
    },

    async hold(link: Link, id: string, said: Entry[]) {
      const job = await links.hold(link, id, said);
      if (job) events.publish({ type: "job.said", id });
      return job;
    },

    /** Ends a running job, once everything it said is held. */
    async finish(link: Link, id: string, { outcome, result, error, lastSeq }: Finished) {
      const changes = { state: outcome, ...(result !== undefined && { result }), ...(error && { error }), endedAt: clock.now() };
      return (await links.move(link, id, "running", changes, lastSeq)) ?? links.asItIs(link, id);
    },
  };
}

export function offerOf({ id, number, by, kind, lane, held }: Job, input: unknown): Offer {
  return { jobId: id, number, by, kind, lane, input, after: held, timeLimitMs: jobKinds[kind].timeLimitMs };
}
