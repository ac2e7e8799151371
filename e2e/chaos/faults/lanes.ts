import { beforeAll, describe, expect } from "vitest";
import { until } from "../../world/until.ts";
import { wordyImage } from "../engine-front.ts";
import { fault, expectAll, inLedger, sleep, starts, succeeds, type Story, story } from "./story.ts";

/** Compose starts the one, and waits in silence until it is healthy, which it never is. */
const WAITING = `services:
  data: { image: "appos-test/patient:1", network_mode: none }
  web:
    image: appos-test/web:1
    network_mode: none
    depends_on: { data: { condition: service_healthy } }
`;

export const laneFaults = () =>
  describe("orders that race each other", () => {
    let w: Story;
    beforeAll(async () => void (w = await story()));

    fault("F61: a cancel that races the end, and comes twice, leaves one end that both sides agree on", async () => {
      for (const afterMs of [0, 300, 700, 1_000, 1_300, 1_600]) {
        const { deployment } = await w.create("race", wordyImage(100, 600));
        if (afterMs > 0) await inLedger(w, deployment.jobId, "start");
        await sleep(afterMs);
        await Promise.all([w.cancel(deployment.jobId), w.cancel(deployment.jobId)]);
        const { state, endedAt } = await w.ended(deployment.jobId);
        expect(["succeeded", "canceled"]).toContain(state);
        await w.cancel(deployment.jobId);
        expect(await w.job(deployment.jobId)).toMatchObject({ state, endedAt });
      }
      await expectAll(w);
    });

    fault("F61: what is canceled while its server cannot be reached ends when it can", async () => {
      const { app, deployment } = await w.create("away", wordyImage(4_000, 20_000));
      await inLedger(w, deployment.jobId, "start");
      await w.network.cut("both");
      await w.cancel(deployment.jobId);
      await sleep(1_000);
      expect((await w.job(deployment.jobId)).state).toBe("running");
      await w.network.heal();
      expect((await w.ended(deployment.jobId, 30_000)).state).toBe("canceled");
      expect(w.agent.programs().filter(({ command }) => command.includes(app))).toEqual([]);
      await expectAll(w);
    });

    fault("F63: of deployments A, B and C, asked for quickly, A and C are carried out; a storm ends with the newest", async () => {
      const { app, deployment: a } = await w.create("storm", wordyImage(300, 1_500));
      await inLedger(w, a.jobId, "start");
      const b = await w.deploy(app, "appos-test/web:1");
      const c = await w.deploy(app, "appos-test/web:2");
      await succeeds(w, c.jobId);
      expect((await w.job(a.jobId)).state).toBe("succeeded");
      expect((await w.job(b.jobId)).state).toBe("superseded");
      expect(starts(w, b.jobId)).toEqual([]);

      const storm = await Promise.all(Array.from({ length: 12 }, (_, i) => w.deployTwice(app, `push-${i}`)));
      const jobs = await Promise.all([...new Set(storm.flat())].map((id) => w.ended(id)));
      expect(jobs).toHaveLength(12);
      expect(jobs.filter(({ state }) => state === "superseded").length).toBeGreaterThan(5);
      expect(jobs.toSorted((x, y) => (x.id < y.id ? -1 : 1)).at(-1)?.state).toBe("succeeded");
      await expectAll(w);
    });

    fault("F13: what an agent had started when it was killed is ended, and the job is begun again", async () => {
      const { deployment } = await w.create("killed", "", { compose: WAITING });
      const before = await until("Compose waits", () => w.agent.programs().find(({ command }) => command.includes(" up ")));
      await w.agent.kill9();
      await until("it waits no more", () => w.agent.programs().every(({ pid }) => pid !== before.pid), 8_000);
      await until("another attempt has begun", () => starts(w, deployment.jobId).length === 2);
      await w.cancel(deployment.jobId);
      expect((await w.ended(deployment.jobId)).state).toBe("canceled");
      expect(w.agent.programs()).toEqual([]);
      await expectAll(w);
    });

    fault("F59: a job that takes its agent down each time is given up, and others go on", async () => {
      const { deployment } = await w.create("poison", wordyImage(1_000, 5_000));
      const other = await w.create("other", wordyImage(500, 2_000));
      let killed = 0;
      while (killed < 3) {
        await until("another attempt has begun", () => starts(w, deployment.jobId).length > killed);
        await sleep(300);
        await w.agent.kill9();
        killed++;
      }
      expect(await w.ended(deployment.jobId)).toMatchObject({ state: "failed", error: { code: "QUARANTINED" } });
      // The fourth only takes back what the others have left half done.
      expect(starts(w, deployment.jobId)).toHaveLength(4);
      expect(await w.docker("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=appos-poison")).toBe("");
      const after = await w.create("after", "appos-test/web:1");
      await succeeds(w, after.deployment.jobId);
      expect(["succeeded", "failed"]).toContain((await w.ended(other.deployment.jobId)).state);
      await expectAll(w);
    });
  });
