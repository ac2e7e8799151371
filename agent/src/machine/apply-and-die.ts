import { runJob } from "../run-job.ts";
import { voice } from "../voice.ts";
import { nodeMachine } from "./node-machine.ts";
import type { ProxySettings } from "./machine.ts";

// A program that tests start: carries out one job as the agent does, and is killed at the moment that it is told.

interface Order {
  dir: string;
  proxy: ProxySettings;
  model: object;
  moment: string;
}
const { dir, proxy, model, moment } = JSON.parse(process.argv[2]!) as Order;

(globalThis as { apposFailpoint?: (name: string) => void }).apposFailpoint = (name) => {
  if (name === moment) process.kill(process.pid, "SIGKILL");
};
const machine = nodeMachine({ dir, policyFile: `${dir}/policy.yaml`, agentVersion: "test", beside: true, proxy, nameServers: [] });
const signal = new AbortController().signal;
const ending = await runJob("apply-sites", { ...model }, { machine, say: voice(() => {}), signal, attempt: 1 });
process.stdout.write(JSON.stringify(ending));
