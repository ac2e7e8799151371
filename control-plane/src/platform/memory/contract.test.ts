import { beforeAll, test } from "vitest";
import type { Ports } from "../../ports.ts";
import { portsContract } from "../ports.contract.ts";
import { memoryPlatform } from "./platform.ts";

let ports: Ports;
beforeAll(async () => void ({ ports } = (await memoryPlatform()).start()));

// Its hash is cheap on purpose.
const { "scrypt is RFC 7914's": _, ...kept } = portsContract;
for (const [sentence, keep] of Object.entries(kept)) test(sentence, () => keep(ports));
