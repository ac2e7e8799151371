import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import { appos } from "./lib/appos.ts";
import { buildImage, IMAGE, sweepAtEnd } from "./lib/engine.ts";
import { listen } from "./lib/events.ts";
import { folder, ports } from "./lib/places.ts";
import { run } from "./lib/program.ts";
import { question, row, times } from "./lib/question.ts";

/** Another environment is another container. */
const compose = (version: number, port: number) => `services:
  web:
    image: ${IMAGE}
    ports: ["127.0.0.1:${port}:80"]
    environment: {VERSION: "${version}"}
    stop_signal: KILL
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1/"]
      interval: 200ms
`;
const OURS = "bench-back";
const THEIRS = "bench-forth";

await question("How long does a roll-back take, beside plain Compose with the file of then?", async () => {
  const [controls] = await Promise.all([appos({ agent: true }), buildImage()]);
  const ours = await rollsBack(controls.admin);
  const theirs = await composes();
  const both: { here: number; there: number }[] = [];
  // From one release to the other and back, in turns; the first warms up.
  for (let round = 0; round <= times(20, 4); round++) {
    const version = (round % 2) + 1;
    const theirsFirst = round % 2 === 0 && (await theirs(version));
    both.push({ here: await ours(version), there: theirsFirst || (await theirs(version)) });
  }
  return [
    row({
      what: "POST /apps/:id/rollback → deployment succeeded, images here",
      unit: "ms",
      here: both.slice(1).map(({ here }) => here),
      peer: { name: "docker compose up -d --wait", readings: both.slice(1).map(({ there }) => there) },
      budget: { says: "≤ 1.25 × plain compose", keeps: ({ ratio }) => ratio!.p50 <= 1.25 },
    }),
  ];
});

/** An app of which two releases ran. */
async function rollsBack(admin: Awaited<ReturnType<typeof appos>>["admin"]) {
  const events = await listen(admin);
  sweepAtEnd(`appos-${OURS}`);
  async function succeeded(id: string) {
    for (let change = 1; ; change++) {
      const at = await events.nth("deployment.changed", id, change);
      const { status, error } = await admin.ask<DeploymentView>("GET", `deployments/${id}`);
      if (status === "succeeded") return at;
      if (error) throw new Error(error.message);
    }
  }
  const source = { type: "compose", compose: compose(1, ports.app) };
  const { app, deployment } = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", { name: OURS, source });
  await succeeded(deployment.id);
  await admin.ask("PUT", `apps/${app.id}/compose`, { compose: compose(2, ports.app) });
  await succeeded((await admin.ask<{ deployment: DeploymentView }>("POST", `apps/${app.id}/deploy`)).deployment.id);

  return async (release: number) => {
    const begun = performance.now();
    const asked = await admin.ask<{ deployment: DeploymentView }>("POST", `apps/${app.id}/rollback`, { release });
    return (await succeeded(asked.deployment.id)) - begun;
  };
}

/** The same, as somebody does it who has kept both files. */
async function composes() {
  const cwd = join(folder("compose"), THEIRS);
  mkdirSync(cwd);
  sweepAtEnd(THEIRS);
  for (const version of [1, 2]) writeFileSync(join(cwd, `${version}.yaml`), compose(version, ports.peer));
  const up = async (version: number) => {
    const begun = performance.now();
    await run("docker", ["compose", "-f", `${version}.yaml`, "up", "-d", "--wait"], { cwd });
    return performance.now() - begun;
  };
  for (const version of [1, 2]) await up(version);
  return up;
}
