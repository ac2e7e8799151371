import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DnsProvider } from "@appos/shared/dns-providers";
import { dnsNames } from "./names.ts";

/** Knot, an authoritative name server that takes updates of its zones which are signed with its key. */
export async function updatableZones({ port, zones }: { port: number; zones: Record<string, string[]> }) {
  const folder = mkdtempSync(join(tmpdir(), "appos-knot-"));
  const secret = Buffer.from("a key of thirty-two bytes, it is").toString("base64");
  for (const [zone, records] of Object.entries(zones)) {
    const lines = [`@ 60 SOA ns.${zone}. admin.${zone}. 1 3600 600 86400 1`, `@ 60 NS ns.${zone}.`, "ns 60 A 127.0.0.1", ...records];
    writeFileSync(join(folder, `${zone}.zone`), `$ORIGIN ${zone}.\n${lines.join("\n")}\n`);
  }
  const config = {
    server: { listen: `127.0.0.1@${port}`, rundir: folder },
    database: { storage: folder },
    key: [{ id: "appos", algorithm: "hmac-sha256", secret }],
    acl: [{ id: "update", key: "appos", action: "update" }],
    zone: Object.keys(zones).map((domain) => ({ domain, storage: folder, file: `${domain}.zone`, acl: "update" })),
  };
  // YAML, of which JSON is a part for Knot only as far as its single values go.
  const item = (entry: object) =>
    Object.entries(entry).map(([key, value], i) => `  ${i === 0 ? "- " : "  "}${key}: ${JSON.stringify(value)}`);
  const text = Object.entries(config).flatMap(([section, entries]) => [
    `${section}:`,
    ...(Array.isArray(entries)
      ? entries.flatMap(item)
      : Object.entries(entries).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)),
  ]);
  writeFileSync(join(folder, "knot.conf"), `${text.join("\n")}\n`);
  const running = spawn("knotd", ["-c", join(folder, "knot.conf")], { stdio: "ignore" });
  const names = dnsNames();
  const texts = async (name: string) => {
    const found = await names.texts(name, { address: "127.0.0.1", port });
    return "records" in found ? found.records : found.problem;
  };
  const first = Object.keys(zones)[0]!;
  for (const until = Date.now() + 10_000; (await texts(first)) !== "none";) {
    if (Date.now() > until) throw new Error("Knot does not answer");
    await sleep(50);
  }
  const access = { kind: "rfc2136", server: `127.0.0.1:${port}`, keyName: "appos", algorithm: "hmac-sha256", secret } as const;
  return {
    texts,
    provider: (more: { server?: string; keyName?: string; secret?: string } = {}): DnsProvider => ({
      id: "dns_1",
      name: "Our own",
      zones: Object.keys(zones),
      access: { ...access, ...more },
    }),
    async end() {
      running.kill();
      await new Promise((resolve) => running.once("exit", resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
