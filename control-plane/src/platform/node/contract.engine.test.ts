import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, test } from "vitest";
import type { Ports } from "../../ports.ts";
import { natsServer } from "../nats-server.ts";
import { portsContract } from "../ports.contract.ts";
import { sqld } from "../sqld.ts";
import { cluster } from "./cluster/cluster.ts";
import { contractPorts } from "./contract-ports.ts";

let ports: Ports;
const ends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const [nats, libsql] = [await natsServer(), await sqld()];
  const shared = { url: libsql.url, master: randomBytes(32) };
  const process = () => contractPorts((keys, log, services) => cluster([nats.url], keys, log, services), shared);
  const [first, second] = [await process(), await process()];
  ends.push(first.end, second.end, nats.kill9, libsql.stop);
  const { publish } = first.ports.events;
  ports = { ...second.ports, events: { publish, subscribe: second.ports.events.subscribe } };
});
afterAll(async () => {
  for (const end of ends) await end();
});

// Two processes over NATS, with a libSQL server as their database: what is said at the first is heard at the second.
for (const [sentence, keep] of Object.entries(portsContract)) test(sentence, () => keep(ports));
