import { agentsOn, below } from "./lib/agents.ts";
import { question, times } from "./lib/question.ts";

await question("How does one control plane carry 10,000 connected agents?", () =>
  agentsOn({
    agents: times(10_000),
    idleSeconds: times(60, 10),
    budgets: { memory: below(400, "MB"), idle: below(15, "%"), back: below(30, "s") },
  }),
);
