import { afterAll, beforeAll, test } from "vitest";
import { natsServer } from "../nats-server.ts";
import { portsContract } from "../ports.contract.ts";
import { sqld } from "../sqld.ts";
import { cluster } from "./cluster/cluster.ts";
import { contractPorts } from "./contract-ports.ts";

let it: Awaited<ReturnType<typeof contractPorts>>;
const ends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const [nats, libsql] = [await natsServer(), await sqld()];
  it = await contractPorts((keys, log, services) => cluster([nats.url], keys, log, services), libsql.url);
  ends.push(it.end, nats.kill9, libsql.stop);
});
afterAll(async () => {
  for (const end of ends) await end();
});

// One of several processes over NATS, with a libSQL server as its database.
for (const [sentence, keep] of Object.entries(portsContract)) test(sentence, () => keep(it.ports));
