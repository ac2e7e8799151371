import { cpSync, readdirSync, readFileSync, truncateSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect } from "vitest";
import { administrator, isUp } from "../../world/control-plane.ts";
import { atEnd } from "../../world/ends.ts";
import { folder } from "../../world/places.ts";
import { until } from "../../world/until.ts";
import { wordyImage } from "../engine-front.ts";
import { databaseProblems } from "../facts.ts";
import { expectAll, expectWords, fault, sleep, type Story, story, succeeds } from "./story.ts";

const BACK_MS = 75_000;
const VIEWERS = 40;
const MIB = 1024 * 1024;

export const databaseFaults = () =>
  describe("what a control plane keeps, and who reads it", () => {
    let w: Story;
    beforeAll(async () => void (w = await story()));

    fault("F34: forty viewers that stop reading slow nobody, and memory stays within bounds", async () => {
      const before = residentBytes(w.controls.pid());
      const { deployment } = await w.create("watched", wordyImage(4_000, 3_000));
      const cookie = await signedIn(w.controls.url);
      for (let i = 0; i < VIEWERS; i++) await neverRead(`${w.controls.url}/api/v1/deployments/${deployment.id}/logs`, cookie);
      await succeeds(w, deployment.jobId);
      await expectWords(w, deployment.jobId, 4_000);
      const asked = performance.now();
      await w.job(deployment.jobId);
      expect(performance.now() - asked).toBeLessThan(1_000);
      expect(residentBytes(w.controls.pid()) - before).toBeLessThan(256 * MIB);
    });

    fault("F39: in every copy of the database taken at some moment, each job that was answered is there", async () => {
      const copies: { path: string; answered: string[] }[] = [];
      const { app } = await w.create("copied", "appos-test/web:1");
      for (let i = 0; i < 12; i++) {
        const key = `copied-${i}`;
        await w.deployTwice(app, key);
        if (i % 2 === 0) void w.order(app, "restart").catch(() => {});
        await sleep((i * 37) % 100);
        w.controls.signal("SIGSTOP");
        const path = folder("copy");
        for (const name of filesOf(w.controls.dataDir)) cpSync(join(w.controls.dataDir, name), join(path, name));
        copies.push({ path, answered: w.answered.map(({ jobId }) => jobId) });
        w.controls.signal("SIGCONT");
      }
      for (const { path, answered } of copies) {
        expect(databaseProblems(path)).toEqual([]);
        const there = new Set(jobsIn(path));
        expect(answered.filter((id) => !there.has(id))).toEqual([]);
      }
      await until("all has ended", async () => (await w.open()) === 0, BACK_MS);
    });

    const damages: Record<string, (file: string) => void> = {
      "the end is torn off": (file) => truncateSync(file, Math.max(0, statSync(file).size - 3_000)),
      "a bit is flipped": (file) => {
        const bytes = readFileSync(file);
        bytes[Math.floor(bytes.length * 0.8)]! ^= 1;
        writeFileSync(file, bytes);
      },
    };
    for (const [name, damage] of Object.entries(damages))
      fault(`F37: ${name} in the database's log: what was committed before it is found, and all goes on`, async () => {
        const { app, deployment } = await w.create("damaged", "appos-test/web:1");
        await succeeds(w, deployment.jobId);
        const known = (await w.job(deployment.jobId)).id;
        for (let i = 0; i < 5; i++)
          await w.admin.saveCompose(app, `services:\n  web:\n    image: appos-test/web:${1 + (i % 2)}\n    network_mode: none\n`);
        await w.controls.kill9();
        damage(join(w.controls.dataDir, "appos.db-wal"));
        expect(databaseProblems(w.controls.dataDir)).toEqual([]);
        await w.controls.start();
        await until("the server is up", () => isUp(w.admin, w.agent.name), BACK_MS);
        const after = await w.create("after", "appos-test/web:2");
        await succeeds(w, after.deployment.jobId, BACK_MS);
        expect(known).toBe(deployment.jobId);
        await until("all has ended", async () => (await w.open()) === 0, BACK_MS);
        await expectAll(w, ["I-ONCE", "I-MUTEX", "I-ORDER", "I-LOG", "I-CANCEL", "I-LEAK", "I-LIVE"]);
      });
  });

const filesOf = (dataDir: string) => readdirSync(dataDir).filter((name) => name.startsWith("appos.db"));

function jobsIn(path: string): string[] {
  const database = new DatabaseSync(join(path, "appos.db"));
  const ids = database
    .prepare("SELECT id FROM jobs")
    .all()
    .map(({ id }) => String(id));
  database.close();
  return ids;
}

const residentBytes = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

async function signedIn(url: string): Promise<string> {
  const { email, password } = administrator;
  const headers = { "content-type": "application/json" };
  const reply = await fetch(`${url}/api/v1/auth/login`, { method: "POST", headers, body: JSON.stringify({ email, password }) });
  return reply.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

/** Asks for server-sent events, and takes none of them. */
function neverRead(url: string, cookie: string): Promise<void> {
  return new Promise((open, failed) => {
    const asked = request(url, { headers: { cookie, accept: "text/event-stream" }, agent: false }, (reply) => {
      reply.pause();
      open();
    });
    asked.on("error", failed).end();
    atEnd(() => asked.destroy());
  });
}
