import { afterAll, beforeAll, test } from "vitest";
import { portsContract } from "../ports.contract.ts";
import { contractPorts } from "./contract-ports.ts";
import { onlyProcess } from "./membership.ts";

let it: Awaited<ReturnType<typeof contractPorts>>;
beforeAll(async () => void (it = await contractPorts((_, log, services) => onlyProcess(services, log))));
afterAll(() => it.end());

for (const [sentence, keep] of Object.entries(portsContract)) test(sentence, () => keep(it.ports));
