import { spawnSync } from "node:child_process";
import { request } from "node:http";
import { join } from "node:path";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import { appos } from "./lib/appos.ts";
import type { Client } from "./lib/client.ts";
import { buildImage, IMAGE, sweepAtEnd } from "./lib/engine.ts";
import { folder, until } from "./lib/places.ts";
import { run } from "./lib/program.ts";
import { question, row, times } from "./lib/question.ts";

const LINES = 200_000;
const APP = "bench-loud";
const words = "of many that a service may write when it is in trouble, about as long as such lines are";
const compose = `services:
  web:
    image: ${IMAGE}
    command: [sh, -c, "until [ -e /go ]; do sleep 0.1; done; seq 1 ${LINES} | sed 's/^/line /; s/$$/ ${words}/'; exec sleep 9999"]
`;

await question("How fast do 200,000 lines of a container's log reach a client, beside docker logs into a file?", async () => {
  const [controls] = await Promise.all([appos({ agent: true }), buildImage()]);
  sweepAtEnd(`appos-${APP}`);
  const { admin } = controls;
  const source = { type: "compose", compose };
  const { app, deployment } = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", { name: APP, source });
  await until(
    "it is deployed",
    async () => (await admin.ask<DeploymentView>("GET", `deployments/${deployment.id}`)).status === "succeeded",
  );
  const container = await run("docker", ["ps", "-q", "--filter", `label=appos.app=${app.id}`]);

  const live = await tail(admin, app.id, "tail=0", () => setTimeout(() => void run("docker", ["exec", container, "touch", "/go"]), 500));
  const [ours, theirs]: [number[], number[]] = [[], []];
  const file = join(folder("logs"), "all");
  for (let round = 0; round < times(8, 2); round++) {
    ours.push(await tail(admin, app.id, `tail=${LINES}`));
    theirs.push(docked(container, file));
  }
  const budget = { says: "≥ 40,000 lines/s", keeps: ({ here }: { here: { p50: number } }) => here.p50 >= 40_000 };
  return [
    row({
      what: "what was said, all of it, in order",
      unit: "lines/s",
      here: ours,
      peer: { name: "docker logs > file", readings: theirs },
      budget,
    }),
    row({ what: "as it is said", unit: "lines/s", here: [live], budget }),
  ];
});

/** Reads until the last line, and gives back how many came in a second. A line that is missing or out of place fails it. */
function tail({ url, headers }: Client, appId: string, query: string, opened = () => {}): Promise<number> {
  return new Promise((done, failed) => {
    const began = performance.now();
    let [first, last, rest] = [0, 0, ""];
    const asked = request(`${url}/api/v1/apps/${appId}/logs?follow=1&${query}`, { headers }, (reply) => {
      opened();
      reply.setEncoding("utf8").on("error", () => {});
      reply.on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) {
          const number = Number(/"text":"line (\d+)/.exec(line)?.[1]);
          if (Number.isNaN(number)) continue;
          if (number !== last + 1) return failed(new Error(`Line ${number} came after line ${last}`));
          first ||= performance.now();
          last = number;
        }
        if (last < LINES) return undefined;
        asked.destroy();
        // Live, the container decides when it begins.
        return done((LINES / (performance.now() - (query === "tail=0" ? first : began))) * 1_000);
      });
    });
    asked.on("error", failed);
    asked.end();
  });
}

function docked(container: string, file: string): number {
  const began = performance.now();
  spawnSync("sh", ["-c", 'docker logs --timestamps "$1" > "$2"', "sh", container, file]);
  return (LINES / (performance.now() - began)) * 1_000;
}
