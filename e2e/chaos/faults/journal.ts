import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { wordyImage } from "../engine-front.ts";
import { entriesOf } from "../facts.ts";
import { fault, expectAll, inLedger, sleep, succeeds, type Story, story } from "./story.ts";

const BACK_MS = 75_000;

/** What a disk may give back instead of what was written. */
const damages: Record<string, (file: string) => void> = {
  "a torn last record": (file) => appendFileSync(file, '{"type":"entry","entry":{"seq":99999,"at":1,"st'),
  "a last record that was cut short": (file) => truncateSync(file, statSync(file).size - 7),
  "a bit flipped in the middle": (file) => {
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(file, bytes);
  },
  "nothing in it": (file) => truncateSync(file, 0),
};

export const journalFaults = () =>
  describe("a journal that is damaged while its agent is down", () => {
    let w: Story;
    beforeAll(async () => void (w = await story()));

    for (const [name, damage] of Object.entries(damages))
      fault(`F19: ${name}: the job ends, its log has no gap, and others go on`, async () => {
        const { deployment } = await w.create("torn", wordyImage(300, 2_000));
        await inLedger(w, deployment.jobId, "start");
        await sleep(800);
        await w.agent.down();
        journalOf(w.agent.home, deployment.jobId).forEach(damage);
        const other = await w.create("other", "appos-test/web:1");
        w.agent.start();
        expect(["succeeded", "failed", "lost"]).toContain((await w.ended(deployment.jobId, BACK_MS)).state);
        await succeeds(w, other.deployment.jobId);
        await expectNoGap(deployment.jobId);
      });

    fault("F19: without its journal the agent is offered again what may be done twice", async () => {
      const { deployment } = await w.create("gone", wordyImage(300, 2_000));
      await inLedger(w, deployment.jobId, "start");
      await sleep(800);
      await w.agent.down();
      rmSync(join(w.agent.home, "journal"), { recursive: true });
      w.agent.start();
      await succeeds(w, deployment.jobId, BACK_MS);
      await expectNoGap(deployment.jobId);
      // An attempt that no journal knows of is counted anew.
      await expectAll(w, ["I-ACK", "I-RESULT", "I-MUTEX", "I-ORDER", "I-TRUTH", "I-CANCEL", "I-LEAK", "I-LIVE"]);
    });

    async function expectNoGap(jobId: string) {
      const said = await entriesOf(w.admin, jobId);
      expect(said.map(({ seq }) => seq)).toEqual(said.map((_, i) => i + 1));
    }
  });

/** The files in which an agent keeps a job: named for it, or with it inside. */
function journalOf(home: string, jobId: string): string[] {
  const names = readdirSync(join(home, "journal"), { recursive: true, encoding: "utf8" });
  const files = names.map((name) => join(home, "journal", name)).filter((file) => statSync(file).isFile());
  const named = files.filter((file) => file.includes(jobId));
  const found = named.length > 0 ? named : files.filter((file) => readFileSync(file, "latin1").includes(jobId));
  if (found.length === 0) throw new Error(`The journal has nothing of ${jobId}: ${names.join(", ")}`);
  return found;
}
