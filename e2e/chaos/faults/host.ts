import { beforeAll, describe, expect } from "vitest";
import { isUp } from "../../world/control-plane.ts";
import { run } from "../../world/program.ts";
import { until } from "../../world/until.ts";
import { type Disk, smallDisk } from "../disk.ts";
import { wordyImage } from "../engine-front.ts";
import { wallClock } from "../wall-clock.ts";
import { fault, expectAll, expectWords, inLedger, sleep, starts, succeeds, type Story, story } from "./story.ts";

const BACK_MS = 75_000;
/** Of the agent's folder: Compose and its libraries take most of it. */
const DISK = 160;

export const diskFaults = () =>
  describe("an agent whose disk is full", () => {
    let w: Story;
    let disk: Disk;
    beforeAll(async () => {
      disk = await smallDisk(DISK);
      w = await story({ agentHome: disk.home });
    });

    fault("F41: a job fails and says so, or waits; with room again everything goes on", async () => {
      const before = await w.create("before", "appos-test/web:1");
      await succeeds(w, before.deployment.jobId);
      const running = await w.create("running", wordyImage(600, 3_000));
      await inLedger(w, running.deployment.jobId, "start");
      disk.fill();
      const meanwhile = await w.create("meanwhile", "appos-test/web:1");
      await sleep(6_000);
      expect(["queued", "offered", "running", "failed"]).toContain((await w.job(meanwhile.deployment.jobId)).state);
      disk.free();
      for (const { deployment } of [running, meanwhile])
        expect(["succeeded", "failed"]).toContain((await w.ended(deployment.jobId, BACK_MS)).state);
      await until("the server is up", () => isUp(w.admin, w.agent.name), BACK_MS);
      const after = await w.order(before.app, "restart");
      await succeeds(w, after.id, BACK_MS);
      await expectAll(w);
    });

    fault("F41: an agent that is killed while its disk is full comes back, and what it had written down is there", async () => {
      const { deployment } = await w.create("killed", wordyImage(900, 6_000));
      await inLedger(w, deployment.jobId, "start");
      await sleep(1_000);
      disk.fill();
      await sleep(2_000);
      await w.agent.kill9();
      await sleep(3_000);
      disk.free();
      await succeeds(w, deployment.jobId, BACK_MS);
      await until("the server is up", () => isUp(w.admin, w.agent.name), BACK_MS);
      await expectAll(w);
    });
  });

export const limitFaults = () =>
  describe("an agent that is short of what an operating system gives", () => {
    let w: Story;
    let disk: Disk;
    beforeAll(async () => {
      disk = await smallDisk(DISK);
      w = await story({ agentHome: disk.home });
    });

    async function expectAllIsWell(app: string) {
      await until("the server is up", () => isUp(w.admin, w.agent.name), BACK_MS);
      const { id } = await w.order(app, "restart");
      await succeeds(w, id, BACK_MS);
      await expectAll(w);
    }

    fault("F42: no file more can be made: a job fails and says so, or waits", async () => {
      const { app, deployment } = await w.create("before", "appos-test/web:1");
      await succeeds(w, deployment.jobId);
      disk.fillWithFiles();
      const meanwhile = await w.create("meanwhile", "appos-test/web:1");
      await sleep(3_000);
      disk.free();
      expect(["succeeded", "failed"]).toContain((await w.ended(meanwhile.deployment.jobId, BACK_MS)).state);
      await expectAllIsWell(app);
    });

    fault("F42: no file more can be opened and no program started: a job fails and says so, or is gone on with", async () => {
      const { app, deployment } = await w.create("before", "appos-test/web:1");
      await succeeds(w, deployment.jobId);
      await run("prlimit", [`--pid=${w.agent.pid()}`, "--nofile=24:4096"]);
      const meanwhile = await w.create("meanwhile", "appos-test/web:1");
      await sleep(3_000);
      await run("prlimit", [`--pid=${w.agent.pid()}`, "--nofile=4096:4096"]);
      expect(["succeeded", "failed"]).toContain((await w.ended(meanwhile.deployment.jobId, BACK_MS)).state);
      await expectAllIsWell(app);
    });
  });

export const cloneFaults = () =>
  describe("two agents with one key", () => {
    let w: Story;
    beforeAll(async () => void (w = await story()));

    fault("F22: no job is begun by both, and with one of them left all is well", async () => {
      const copy = w.agent.clone();
      const jobs = [];
      for (let i = 0; i < 5; i++) {
        jobs.push((await w.create("cloned", wordyImage(200, 1_000))).deployment.jobId);
        await sleep(2_000);
      }
      await copy.stop();
      for (const id of jobs) await w.ended(id, BACK_MS);
      for (const id of jobs) expect(starts(w, id).length, id).toBeLessThanOrEqual(1);
      await expectAll(w, ["I-ACK", "I-ONCE", "I-MUTEX", "I-TRUTH", "I-LOG", "I-LEAK", "I-LIVE"]);
    });
  });

export const clockFaults = () =>
  describe("wall clocks that jump", () => {
    let w: Story;
    const [agent, controlPlane] = [wallClock(), wallClock()];
    beforeAll(async () => void (w = await story({ agentEnv: agent.env, controlPlaneEnv: controlPlane.env })));

    fault("F53: ten years on, ten years back and an hour either way in the middle of a job change no outcome", async () => {
      const links = w.proxy.links().length;
      const { app, deployment } = await w.create("jump", wordyImage(700, 5_000));
      await inLedger(w, deployment.jobId, "start");
      for (const offset of ["+10y", "-10y", "+1h", "+0"]) {
        agent.jump(offset);
        await sleep(900);
      }
      await succeeds(w, deployment.jobId);
      await expectWords(w, deployment.jobId, 700);
      controlPlane.jump("+1h");
      const later = await w.deploy(app, wordyImage(200, 1_500));
      await w.running(later.jobId);
      controlPlane.jump("-1h");
      await succeeds(w, later.jobId);
      const earlier = await w.order(app, "restart");
      await succeeds(w, earlier.id);
      controlPlane.jump("+0");
      expect(w.proxy.links()).toHaveLength(links);
      await expectAll(w);
    });
  });
