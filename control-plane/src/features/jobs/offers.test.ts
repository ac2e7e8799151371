import { describe, expect, test } from "vitest";
import type { JobState } from "@appos/shared/jobs";
import { nextOffers, reconcile } from "./offers.ts";
import type { ListedJob } from "./schema.ts";

const job = (id: string, lane: string, state: JobState, changes: Partial<ListedJob> = {}) =>
  ({ id, lane, state, kind: "deploy-app", cancelAskedAt: null, offers: 0, ...changes }) as ListedJob;
const ids = (jobs: ListedJob[]) => jobs.map(({ id }) => id).join(" ");

describe("offers go to", () => {
  test.each([
    ["nothing when there is nothing", [], ""],
    ["the oldest job of a lane", [job("a", "app:blog", "queued"), job("b", "app:blog", "queued")], "a"],
    ["no lane in which a job runs", [job("a", "app:blog", "running"), job("b", "app:blog", "queued")], ""],
    ["no lane in which a job is offered", [job("a", "app:blog", "offered"), job("b", "app:wiki", "queued")], "b"],
    ["three lanes at once and no more", ["a", "b", "c", "d"].map((id) => job(id, id, "queued")), "a b c"],
    [
      "what three lanes leave free",
      [job("a", "a", "running"), job("b", "b", "offered"), job("c", "c", "queued"), job("d", "d", "queued")],
      "c",
    ],
  ])("%s", (_, open, expected) => expect(ids(nextOffers(open, 3))).toBe(expected));
});

describe("after hello, a job", () => {
  const [offered, running] = [job("a", "a", "offered"), job("a", "a", "running")];
  const [once, often] = [{ idempotent: false }, { idempotent: true }];
  test.each<[string, ListedJob, { holds: boolean; isNew: boolean; fromBefore?: boolean }, { idempotent: boolean }, JobState]>([
    ["that the journal holds is running", offered, { holds: true, isNew: false }, once, "running"],
    ["that was never accepted is offered again", offered, { holds: false, isNew: false }, once, "queued"],
    ["that may have begun before the journal was lost is lost", offered, { holds: false, isNew: true }, once, "lost"],
    ["that ran when the journal was lost is lost", running, { holds: false, isNew: true }, once, "lost"],
    ["that is idempotent is offered again", running, { holds: false, isNew: true }, often, "queued"],
    [
      "that was canceled meanwhile is not offered again",
      { ...offered, cancelAskedAt: 1 },
      { holds: false, isNew: false },
      once,
      "canceled",
    ],
    ["that was not offered yet waits on", job("a", "a", "queued"), { holds: false, isNew: true }, once, "queued"],
    [
      "of an older copy of the database is not offered",
      job("a", "a", "queued"),
      { holds: false, isNew: false, fromBefore: true },
      often,
      "lost",
    ],
    ["of an older copy that runs goes on", offered, { holds: true, isNew: false, fromBefore: true }, once, "running"],
    ["that took its agent down time and again is given up", { ...offered, offers: 9 }, { holds: false, isNew: false }, often, "failed"],
  ])("%s", (_, job, journal, kind, expected) => expect(reconcile(job, { fromBefore: false, ...journal }, kind).state).toBe(expected));
});
