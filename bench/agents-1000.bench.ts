import { agentsOn } from "./lib/agents.ts";
import { question, times } from "./lib/question.ts";

await question("How does one control plane carry 1,000 connected agents?", () =>
  agentsOn({
    agents: times(1_000),
    idleSeconds: times(30, 10),
    budgets: { reads: { says: "p95 ≤ 5 ms", keeps: ({ here }) => here.p95 <= 5 } },
  }),
);
