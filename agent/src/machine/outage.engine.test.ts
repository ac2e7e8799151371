import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { dockerClient, pingEngine } from "./docker-client.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";

/** An engine of this test's own, which it may stop. It has no network: other engines share this machine. */
const folder = mkdtempSync(join(tmpdir(), "appos-dockerd-"));
const host = `unix://${folder}/docker.sock`;
const flags = ["--host", host, "--data-root", `${folder}/data`, "--exec-root", `${folder}/exec`, "--pidfile", `${folder}/pid`];
const start = () =>
  spawn("dockerd", [...flags, "--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"], { stdio: "ignore" });
let dockerd = start();

async function ready() {
  const docker = dockerClient(host);
  for (let i = 0; i < 300; i++) {
    if (
      await pingEngine(docker).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  throw new Error("dockerd did not start");
}
async function restart() {
  const gone = once(dockerd, "exit");
  dockerd.kill("SIGTERM");
  await gone;
  await sleep(1_000);
  dockerd = start();
}

await ready();
const world = engineWorld({ dockerHost: host });
afterAll(async () => {
  await world.end();
  const gone = once(dockerd, "exit");
  dockerd.kill("SIGTERM");
  await gone;
  rmSync(folder, { recursive: true, force: true });
});

const app = (seconds: number) => `services:
  w:
    image: ${BUSYBOX}
    network_mode: none
    command: [sh, -c, "sleep ${seconds}; touch /tmp/ready; exec sleep 600"]
    stop_signal: KILL
    healthcheck: {test: [CMD, cat, /tmp/ready], interval: 200ms, retries: 100}`;

test.each(["start", "health"])("Docker stopped in the step %s: the deploy waits for it, and goes on", async (step) => {
  let back: Promise<void> | undefined;
  const onSay = (said: { step: string; stream: string; text: string }) => {
    if (said.step === step && said.text === "started") back ??= sleep(step === "start" ? 60 : 300).then(restart);
  };
  const ending = await world.deploy(`h2-o${step}`, 1, app(2), { onSay });
  await back;
  expect(ending.said.map(({ text }) => text)).toContain("Docker is back. Going on.");
  expect(ending).toMatchObject({ outcome: "succeeded", result: { services: [{ state: "running", health: "healthy" }] } });
});
