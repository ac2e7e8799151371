import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import type { Ports } from "../../../ports.ts";
import { createServices, type Services } from "../../../services.ts";
import { natsServer } from "../../nats-server.ts";
import { portsContract } from "../../ports.contract.ts";
import { sqld } from "../../sqld.ts";
import { openDatabase } from "../database.ts";
import { builtAgent } from "../downloads.ts";
import { nodeKeys } from "../keys.ts";
import { logTo } from "../log.ts";
import { cluster } from "./cluster.ts";

const folder = mkdtempSync(join(tmpdir(), "appos-contract-"));
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

/** Two control planes as one: what is said at the first is heard at the second. */
let ports: Ports;
beforeAll(async () => {
  const archive = "the agent";
  writeFileSync(join(folder, "install.sh"), "url __APPOS_URL__ x64 __APPOS_SHA256_X64__\n");
  writeFileSync(join(folder, "appos-agent-linux-x64.tar.gz"), archive);
  const checksum = createHash("sha256").update(archive).digest("hex");
  writeFileSync(join(folder, "appos-agent-linux-x64.tar.gz.sha256"), `${checksum}  appos-agent-linux-x64.tar.gz\n`);
  const [nats, libsql] = [await natsServer(), await sqld()];
  ends.push(nats.kill9, libsql.kill9);
  const log = logTo(() => {}, { log: "json", logLevel: "error" });
  const keys = await nodeKeys(folder, randomBytes(32));
  const database = await openDatabase(libsql.url, undefined, join(import.meta.dirname, "../../../../migrations"), () => {});
  const [first, second] = [await cluster([nats.url], keys, log, () => services), await cluster([nats.url], keys, log, () => services)];
  ends.push(first.close, second.close);
  ports = {
    database,
    holder: second.holder!,
    rooms: second.rooms,
    events: { publish: first.events.publish, subscribe: second.events.subscribe },
    clock: { now: Date.now, elapsed: () => performance.now() },
    keys,
    downloads: builtAgent(folder),
    log,
    settings: {
      version: "0.0.0",
      publicUrl: undefined,
      samples: "always",
      localProblem: () => null,
      retention: { jobDays: 365, logDays: 90, logBytes: 2 ** 31 },
    },
  };
  const services: Services = createServices(ports);
});

for (const [sentence, keep] of Object.entries(portsContract)) test(sentence, () => keep(ports));
