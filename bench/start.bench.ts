import type { Row } from "./lib/answer.ts";
import { controlPlane, environment } from "./lib/appos.ts";
import { firstAnswer } from "./lib/first-answer.ts";
import { folder, ports, root } from "./lib/places.ts";
import { type Program, start } from "./lib/program.ts";
import { question, row, times } from "./lib/question.ts";

const url = `http://127.0.0.1:${ports.appos}`;
const bare = `http://127.0.0.1:${ports.peer}`;
const bareServer = `require("node:http").createServer((_, reply) => reply.end()).listen(${ports.peer}, "127.0.0.1")`;

await question("How long from start to ready?", async () => {
  const first: number[] = [];
  const second: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < times(10); round++) {
    const dataDir = folder("data");
    first.push(await timed(() => controlPlane(dataDir, "off"), `${url}/api/health`));
    floor.push(await timed(() => start(process.execPath, ["-e", bareServer]), bare));
    second.push(await timed(() => controlPlane(dataDir, "off"), `${url}/api/health`));
  }

  const whole: number[] = [];
  const dataDir = folder("data");
  for (let round = 0; round <= times(4, 2); round++) {
    const took = await timed(
      () => start("npm", ["start"], { cwd: root, env: environment(dataDir, "auto") }),
      `${url}/api/health`,
      "SIGINT",
    );
    if (round > 0) whole.push(took);
  }

  const peer = { name: "bare node:http", readings: floor };
  const within = (says: string, limit: number) => ({ says, keeps: ({ here }: Row) => here.p50 < limit });
  return [
    row({
      what: "control plane, first start (makes its database and account)",
      unit: "ms",
      here: first,
      peer,
      budget: within("< 1 s", 1_000),
    }),
    row({ what: "control plane, second start", unit: "ms", here: second, peer, budget: within("< 1 s", 1_000) }),
    row({ what: "npm start, second start, with what it checks before", unit: "ms", here: whole, peer, budget: within("< 5 s", 5_000) }),
  ];
});

/** Starts a program, waits for its first answer and ends it again. */
async function timed(begin: () => Program, address: string, signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
  const began = performance.now();
  const program = begin();
  const over = program.ended.then(() => Promise.reject(new Error(`It ended before it answered and said: ${program.output()}`)));
  await Promise.race([firstAnswer(address), over]);
  over.catch(() => {});
  const took = performance.now() - began;
  await program.stop(signal);
  return took;
}
