import { setTimeout as sleep } from "node:timers/promises";
import type { Row } from "./lib/answer.ts";
import { appos } from "./lib/appos.ts";
import { memoryOf, processorSeconds } from "./lib/process-state.ts";
import { start } from "./lib/program.ts";
import { question, row, times } from "./lib/question.ts";

/** What wakes as often as an agent says how its server is, and does nothing else. */
const bareTimer = "setInterval(() => {}, 10_000)";

const PIECE_MS = 10_000;

await question("How much memory and processor do control plane and agent hold when nothing happens?", async () => {
  const bare = start(process.execPath, ["-e", bareTimer]);
  const { pid: controls, agentPid } = await appos({ agent: true });
  const pids = { controls, agent: agentPid(), bare: bare.pid };
  await sleep(2_000);
  // Piece by piece: what other people do on the same engine wakes the agent too.
  const shares = { controls: [] as number[], agent: [] as number[] };
  for (let piece = 0; piece < times(6, 2); piece++) {
    const before = { controls: processorSeconds(pids.controls), agent: processorSeconds(pids.agent) };
    await sleep(PIECE_MS);
    for (const who of ["controls", "agent"] as const) shares[who].push(((processorSeconds(pids[who]) - before[who]) / PIECE_MS) * 100_000);
  }
  const [mine, agent, floor] = [memoryOf(pids.controls), memoryOf(pids.agent), memoryOf(pids.bare)];

  const below = (says: string, limit: number) => ({ says, keeps: ({ here }: Row) => here.p50 < limit });
  const peer = (reading: number) => ({ name: "bare Node, a timer", readings: [reading] });
  const memory = (what: string, here: number, beside: number) => ({ what, unit: "MB" as const, here: [here], peer: peer(beside) });
  return [
    row({ ...memory("control plane, resident (Rss)", mine.rss, floor.rss), budget: below("< 110 MB", 110) }),
    row(memory("control plane, its share (Pss)", mine.pss, floor.pss)),
    row({ ...memory("agent, resident (Rss)", agent.rss, floor.rss), budget: below("< 70 MB", 70) }),
    row(memory("agent, its share (Pss)", agent.pss, floor.pss)),
    row({ what: "agent, of one core", unit: "%", here: shares.agent, budget: below("< 0.5 %", 0.5) }),
    row({ what: "control plane, of one core", unit: "%", here: shares.controls }),
  ];
});
