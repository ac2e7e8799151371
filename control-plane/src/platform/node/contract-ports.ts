import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Log, Ports } from "../../ports.ts";
import { nothingAllowed } from "../../outbound/allowed.ts";
import { createServices, type Services } from "../../services.ts";
import { openDatabase } from "./database.ts";
import { builtCatalog } from "./catalog.ts";
import { builtAgent } from "./downloads.ts";
import { nodeKeys } from "./keys.ts";
import { gitSources } from "./git-sources.ts";
import { logTo } from "./log.ts";
import type { Membership } from "./membership.ts";
import { nodeOutbound } from "./outbound.ts";

type Become = (keys: Ports["keys"], log: Log, services: () => Services) => Membership | Promise<Membership>;

/** What several processes share. */
interface Shared {
  /** Of their database. */
  url: string;
  master: Uint8Array;
}

/** The ports of a Node process with a folder of its own, for the port contract. */
export async function contractPorts(become: Become, shared?: Shared) {
  const folder = mkdtempSync(join(tmpdir(), "appos-contract-"));
  const file = (name: string) => join(folder, name);
  const archive = "the agent";
  writeFileSync(file("install.sh"), "url __APPOS_URL__ x64 __APPOS_SHA256_X64__\n");
  writeFileSync(file("appos-agent-linux-x64.tar.gz"), archive);
  const checksum = createHash("sha256").update(archive).digest("hex");
  writeFileSync(file("appos-agent-linux-x64.tar.gz.sha256"), `${checksum}  appos-agent-linux-x64.tar.gz\n`);
  const migrations = join(import.meta.dirname, "../../../migrations");
  const log = logTo(() => {}, { log: "json", logLevel: "error" });
  const keys = await nodeKeys(folder, shared?.master);
  const membership = await become(keys, log, () => services);
  const ports: Ports = {
    ...(membership.holder !== undefined && { holder: membership.holder }),
    database: await openDatabase(shared?.url ?? pathToFileURL(file("appos.db")).href, undefined, migrations, () => {}),
    rooms: membership.rooms,
    events: membership.events,
    clock: { now: Date.now, elapsed: () => performance.now() },
    keys,
    downloads: builtAgent(folder),
    outbound: nodeOutbound(nothingAllowed),
    git: gitSources(nothingAllowed),
    catalog: builtCatalog(folder),
    log,
    settings: {
      version: "0.0.0",
      publicUrl: undefined,
      samples: "always",
      localProblem: () => null,
      consoleServer: async () => ({ problem: "There is none." }),
      retention: { jobDays: 365, logDays: 90, logBytes: 2 ** 31 },
    },
  };
  const services: Services = createServices(ports);
  await membership.begin();
  return {
    ports,
    async end() {
      await membership.stop();
      await membership.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
