import { beforeAll, describe, expect } from "vitest";
import { until } from "../../world/until.ts";
import { wordyImage } from "../engine-front.ts";
import { fault, expectAll, expectWords, sleep, succeeds, type Story, story } from "./story.ts";

const BACK_MS = 75_000;

export const stormFaults = () =>
  describe("a server whose connections are reset again and again", () => {
    let w: Story;
    beforeAll(async () => void (w = await story()));

    fault("F26: a storm of resets is not answered with a storm of connections, and the deployment goes on after it", async () => {
      const before = w.proxy.links().length;
      const { deployment } = await w.create("storm", wordyImage(1_500, 6_000));
      await w.running(deployment.jobId);
      for (let i = 0; i < 6; i++) {
        await w.network.cut("reset");
        await sleep(500);
        await w.network.heal();
        await sleep(1_500);
      }
      const links = w.proxy.links().length - before;
      await succeeds(w, deployment.jobId, BACK_MS);
      expect(links).toBeLessThanOrEqual(12);
      await expectWords(w, deployment.jobId, 1_500);
      await expectAll(w);
    });
  });

export const refusalFaults = () =>
  describe("a front end that lets no link through", () => {
    let w: Story;
    beforeAll(async () => void (w = await story()));

    fault(
      "F27: a front end that answers upgrades with 502 is named in the agent's log, and the link is back once it does not",
      async () => {
        w.proxy.refuseUpgrades(true);
        w.proxy.reset();
        const { deployment } = await w.create("refused", "appos-test/web:1");
        await until("it was refused twice", () => w.proxy.counted.refused >= 2, BACK_MS);
        expect(w.agent.log()).toMatch(/link is down.*502/);
        expect((await w.job(deployment.jobId)).state).toBe("queued");
        w.proxy.calm();
        await succeeds(w, deployment.jobId, BACK_MS);
        await expectAll(w);
      },
    );
  });
