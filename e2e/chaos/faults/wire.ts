import { beforeAll, describe, expect } from "vitest";
import { until } from "../../world/until.ts";
import { wordyImage } from "../engine-front.ts";
import { fault, expectAll, expectWords, inLedger, sleep, succeeds, type Story, story } from "./story.ts";

export const wireFaults = () =>
  describe("a wire that is cut, slow, or says things twice", () => {
    let w: Story;
    beforeAll(async () => void (w = await story()));

    for (const way of ["both", "out", "in"] as const)
      fault(`F23, F24: five seconds cut (${way}) in the middle of a deployment are not noticed`, async () => {
        const links = w.proxy.links().length;
        const { deployment } = await w.create("cut", wordyImage(800, 4_000));
        await w.running(deployment.jobId);
        await w.network.cut(way);
        await sleep(5_000);
        await w.network.heal();
        await succeeds(w, deployment.jobId);
        await expectWords(w, deployment.jobId, 800);
        expect(w.proxy.links()).toHaveLength(links);
      });

    fault("F28: two seconds of delay, jitter and a fifth of all pieces lost change nothing but the time it takes", async () => {
      w.proxy.set({ delayMs: 1_000, jitterMs: 500, lossPercent: 20 });
      const { deployment } = await w.create("far", wordyImage(300, 1_000));
      await succeeds(w, deployment.jobId);
      w.proxy.calm();
      await expectWords(w, deployment.jobId, 300);
    });

    fault("F29: job frames that all arrive twice, and once more over the next link, change nothing", async () => {
      w.proxy.set({ duplicatePercent: 100 });
      w.proxy.replayAfterReconnect("up");
      const { app, deployment } = await w.create("twice", wordyImage(500, 2_000));
      await inLedger(w, deployment.jobId, "start");
      await sleep(700);
      w.proxy.reset();
      await succeeds(w, deployment.jobId);
      const second = await w.deploy(app, "appos-test/web:2");
      await succeeds(w, second.jobId);
      w.proxy.calm();
      await expectWords(w, deployment.jobId, 500);
      expect(w.proxy.counted.duplicated).toBeGreaterThan(20);
      expect(w.proxy.counted.replayed).toBeGreaterThan(5);
      await expectAll(w);
    });

    fault("F33: a control plane that reads slowly slows no job, and has the whole log in the end", async () => {
      w.proxy.set({ bytesPerSecond: 20_000 }, "up");
      const { deployment } = await w.create("chatty", wordyImage(4_000, 1_500));
      await inLedger(w, deployment.jobId, "end", 15_000);
      expect((await w.job(deployment.jobId)).state).toBe("running");
      w.proxy.calm();
      await succeeds(w, deployment.jobId);
      await expectWords(w, deployment.jobId, 4_000);
    });

    fault("F29: offers that are told again over the next link begin nothing anew", async () => {
      await expectAll(w);
      const { app, deployment } = await w.create("again", "appos-test/web:1");
      await succeeds(w, deployment.jobId);
      const before = w.proxy.counted.replayed;
      w.proxy.replayAfterReconnect("down");
      w.proxy.reset();
      await until("it was told again", () => w.proxy.counted.replayed > before);
      const restart = await w.order(app, "restart");
      await succeeds(w, restart.id);
      w.proxy.calm();
      await expectAll(w);
    });
  });
