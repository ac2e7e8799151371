import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import { appos } from "./lib/appos.ts";
import { buildImage, IMAGE, sweepAtEnd } from "./lib/engine.ts";
import { folder, ports, until } from "./lib/places.ts";
import { run } from "./lib/program.ts";
import { question, row, times } from "./lib/question.ts";

const service = (name: string, more = "") => `  ${name}:
    image: ${IMAGE}
    stop_signal: SIGKILL
    healthcheck: {test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1/"], interval: 200ms}
${more}`;
/** Five services, a volume and a port, as an app of the catalog has them; with a change in one of them. */
const compose = (theme: string) => `services:
${service("web", `    ports: ["127.0.0.1:${ports.app}:80"]\n    environment: {THEME: ${theme}}\n`)}${service("db", '    volumes: ["data:/data"]\n')}${["cache", "worker", "search"].map((name) => service(name)).join("")}volumes: {data: {}}
`;

await question("How long does the plan of a change to an app of five services take, beside a dry run of Compose?", async () => {
  const [controls] = await Promise.all([appos({ agent: true }), buildImage()]);
  const { admin } = controls;
  sweepAtEnd("appos-bench-plan");
  const source = { type: "compose", compose: compose("light") };
  const { app, deployment } = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", { name: "bench-plan", source });
  await until("the app runs", async () => {
    const { status, error } = await admin.ask<DeploymentView>("GET", `deployments/${deployment.id}`);
    if (error) throw new Error(error.message);
    return status === "succeeded";
  });
  const dryRun = await composed();

  const [here, theirs]: number[][] = [[], []];
  const timed = async (readings: number[], act: () => Promise<unknown>) => {
    const begun = performance.now();
    await act();
    readings.push(performance.now() - begun);
  };
  const plan = () => admin.ask("POST", `apps/${app.id}/plan`, { compose: compose("dark") });
  await plan();
  for (let round = 0; round < times(20); round++) {
    await timed(here!, plan);
    await timed(theirs!, dryRun);
  }
  await run("docker", ["compose", "-p", "bench-plan-theirs", "down", "--volumes", "-t", "0"]);
  await admin.ask("DELETE", `apps/${app.id}?volumes=delete`);
  const peer = { name: "docker compose --dry-run up -d", readings: theirs! };
  return [row({ what: "POST /apps/:id/plan → the plan with all dangers", unit: "ms", here: here!, peer })];
});

/** The same app, by plain Compose; gives its dry run of the same change. */
async function composed() {
  const cwd = join(folder("compose"), "bench-plan-theirs");
  mkdirSync(cwd);
  sweepAtEnd("bench-plan-theirs");
  const write = (theme: string) =>
    writeFileSync(join(cwd, "compose.yaml"), compose(theme).replace(`${ports.app}:80`, `${ports.app + 1}:80`));
  write("light");
  await run("docker", ["compose", "up", "-d", "--wait"], { cwd });
  write("dark");
  return () => run("docker", ["compose", "--dry-run", "up", "-d"], { cwd });
}
