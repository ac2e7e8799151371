import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { isUp } from "../../world/control-plane.ts";
import { answerAt } from "../../world/docker.ts";
import { folder } from "../../world/places.ts";
import { until } from "../../world/until.ts";
import { type Disk, smallDisk } from "../disk.ts";
import { wordyImage } from "../engine-front.ts";
import { containersNamed, databaseProblems } from "../facts.ts";
import { fault, expectAll, expectWords, inLedger, sleep, starts, succeeds, type Story, story } from "./story.ts";

const BACK_MS = 75_000;

export const controlPlaneFaults = () =>
  describe("a control plane that stands still, runs out of disk, or is put back to an older copy", () => {
    let w: Story;
    let disk: Disk;
    beforeAll(async () => {
      disk = await smallDisk(24);
      w = await story({ dataDir: disk.home });
    });

    fault("F06: twenty seconds in which it stands still time no job out and repeat none", async () => {
      const links = w.proxy.links().length;
      const { deployment } = await w.create("still", wordyImage(600, 4_000));
      await inLedger(w, deployment.jobId, "start");
      w.controls.signal("SIGSTOP");
      await inLedger(w, deployment.jobId, "end");
      await sleep(15_000);
      w.controls.signal("SIGCONT");
      await succeeds(w, deployment.jobId);
      await expectWords(w, deployment.jobId, 600);
      expect(starts(w, deployment.jobId)).toHaveLength(1);
      expect(w.proxy.links()).toHaveLength(links);
      await expectAll(w);
    });

    fault("F41: with its disk full it accepts nothing it could not keep, and what runs runs on", async () => {
      const { app, deployment } = await w.create("full", wordyImage(400, 3_000));
      await inLedger(w, deployment.jobId, "start");
      disk.fill();
      await inLedger(w, deployment.jobId, "end");
      const refused = await w.order(app, "restart").then(
        () => undefined,
        (error: { status?: number }) => error.status,
      );
      expect(refused).toBeGreaterThanOrEqual(500);
      expect(await containersNamed(app)).toMatchObject([{ state: "running" }]);
      disk.free();
      await succeeds(w, deployment.jobId, BACK_MS);
      await expectWords(w, deployment.jobId, 400);
      const { id } = await w.order(app, "restart");
      await succeeds(w, id);
      await expectAll(w);
    });

    fault("F08: put back to an older copy, it repeats no older order, and shows what runs", async () => {
      const { app, deployment } = await w.create("restored", wordyImage(200, 2_500));
      await inLedger(w, deployment.jobId, "start");
      await w.controls.kill9();
      const copy = folder("copy");
      cpSync(w.controls.dataDir, copy, { recursive: true });
      await w.controls.start();
      await succeeds(w, deployment.jobId, BACK_MS);
      const newer = await w.deploy(app, "appos-test/web:2");
      await succeeds(w, newer.jobId);

      await w.controls.kill9();
      for (const name of readdirSync(w.controls.dataDir)) rmSync(join(w.controls.dataDir, name), { recursive: true });
      cpSync(copy, w.controls.dataDir, { recursive: true });
      await w.controls.start();
      await until("the server is up", () => isUp(w.admin, w.agent.name), BACK_MS);
      await w.ended(deployment.jobId);
      expect(starts(w, deployment.jobId)).toHaveLength(1);
      expect(await containersNamed(app)).toMatchObject([{ image: "appos-test/web:2", state: "running" }]);
    });

    fault("its database is whole", async () => {
      await w.controls.kill9();
      expect(databaseProblems(w.controls.dataDir)).toEqual([]);
      await w.controls.start();
      expect(await answerAt(Number(new URL(w.controls.url).port))).toBeDefined();
    });
  });
