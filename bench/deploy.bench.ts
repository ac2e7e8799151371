import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { JobView } from "@appos/shared/jobs";
import { appos } from "./lib/appos.ts";
import { buildImage, IMAGE, sweepAtEnd } from "./lib/engine.ts";
import { listen } from "./lib/events.ts";
import { folder, ports } from "./lib/places.ts";
import { run } from "./lib/program.ts";
import { question, row, times } from "./lib/question.ts";

const compose = `services:
  web:
    image: ${IMAGE}
    ports: ["127.0.0.1:${ports.app}:80"]
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1/"]
      interval: 200ms
`;

interface Round {
  deploy: number;
  again: number;
}

await question("How long does a deploy of a one-service app take, beside plain Compose with the same file?", async () => {
  const [controls] = await Promise.all([appos({ agent: true }), buildImage()]);
  const ours = await deploys(controls.admin);
  const both: { ours: Round; theirs: Round }[] = [];
  await ours(0);
  await composes(0);
  for (let round = 1; round <= times(12, 3); round++) {
    const theirsFirst = round % 2 === 0 && (await composes(round));
    const mine = await ours(round);
    both.push({ ours: mine, theirs: theirsFirst || (await composes(round)) });
  }

  const budget = { says: "≤ 1.15 × plain compose", keeps: ({ ratio }: { ratio?: { p50: number } }) => ratio!.p50 <= 1.15 };
  const beside = (name: string, read: (round: Round) => number) => ({
    unit: "ms" as const,
    here: both.map((round) => read(round.ours)),
    peer: { name, readings: both.map((round) => read(round.theirs)) },
    budget,
  });
  return [
    row({
      what: "POST /apps → deployment succeeded, nothing there before",
      ...beside("docker compose up -d --wait", ({ deploy }) => deploy),
    }),
    row({ what: "deploy again, nothing changed", ...beside("docker compose up -d --wait", ({ again }) => again) }),
  ];
});

/** A new app each time, deployed twice, then removed. */
async function deploys(admin: Awaited<ReturnType<typeof appos>>["admin"]) {
  const events = await listen(admin);

  async function succeeded(id: string) {
    for (let change = 1; ; change++) {
      const at = await events.nth("deployment.changed", id, change);
      const { status, error } = await admin.ask<DeploymentView>("GET", `deployments/${id}`);
      if (status === "succeeded") return at;
      if (error) throw new Error(error.message);
    }
  }

  return async (round: number): Promise<Round> => {
    const name = `bench-ours-${round}`;
    sweepAtEnd(`appos-${name}`);
    const begun = performance.now();
    const made = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", {
      name,
      source: { type: "compose", compose },
    });
    const deploy = (await succeeded(made.deployment.id)) - begun;
    const begunAgain = performance.now();
    const { deployment } = await admin.ask<{ deployment: DeploymentView }>("POST", `apps/${made.app.id}/deploy`);
    const again = (await succeeded(deployment.id)) - begunAgain;
    const { job } = await admin.ask<{ job: JobView }>("DELETE", `apps/${made.app.id}?volumes=delete`);
    await events.nth("job.changed", job.id, 3);
    return { deploy, again };
  };
}

/** The same file, in a folder of its own, as somebody types it. */
async function composes(round: number): Promise<Round> {
  const cwd = join(folder("compose"), `bench-theirs-${round}`);
  mkdirSync(cwd);
  writeFileSync(join(cwd, "compose.yaml"), compose);
  sweepAtEnd(`bench-theirs-${round}`);
  const up = async () => {
    const begun = performance.now();
    await run("docker", ["compose", "up", "-d", "--wait"], { cwd });
    return performance.now() - begun;
  };
  const measured = { deploy: await up(), again: await up() };
  await run("docker", ["compose", "down", "--volumes"], { cwd });
  return measured;
}
