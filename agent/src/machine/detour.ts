import type { Detour, ProxySettings } from "./machine.ts";
import { PATH } from "./programs.ts";
import { runProgram } from "./spawn.ts";

const COMMAND_MS = 15_000;

/**
 * By rules of iptables, as Docker's own for published ports are, and before those. They go with the machine: after it was started anew there
 * are none. Who comes over the loopback address, or over IPv6 to a container without it, is handed on by a program of Docker's, and is led
 * nowhere else. https://docs.docker.com/engine/network/packet-filtering-firewalls/
 */
export function iptablesDetour({ http, https }: Pick<ProxySettings, "http" | "https">): Detour {
  const chain = `APPOS-PROXY-${http}`;
  const here = ["-m", "addrtype", "--dst-type", "LOCAL", "-j", chain];
  const entrances = [
    { table: "nat", rule: ["PREROUTING", ...here] },
    { table: "nat", rule: ["OUTPUT", "!", "-d", "127.0.0.0/8", ...here] },
    { table: "filter", rule: ["FORWARD", "-j", chain] },
  ];

  async function run(table: string, ...args: string[]) {
    // Others change rules, too: it is waited for them.
    await runProgram("iptables", ["-w", "10", "-t", table, ...args], { env: { PATH }, timeoutMs: COMMAND_MS });
  }
  const worked = (table: string, ...args: string[]) =>
    run(table, ...args).then(
      () => true,
      () => false,
    );

  async function close() {
    for (const { table, rule } of entrances) while (await worked(table, "-D", ...rule));
    for (const table of ["nat", "filter"]) {
      if (!(await worked(table, "-S", chain))) continue;
      await run(table, "-F", chain);
      await run(table, "-X", chain);
    }
  }

  return {
    async open(to) {
      await close();
      await run("filter", "-N", chain);
      await run("filter", "-A", chain, "-d", to, "-p", "tcp", "-m", "multiport", "--dports", "80,443", "-j", "ACCEPT");
      await run("nat", "-N", chain);
      for (const [from, port] of [[http, 80] as const, [https, 443] as const])
        await run("nat", "-A", chain, "-p", "tcp", "--dport", `${from}`, "-j", "DNAT", "--to-destination", `${to}:${port}`);
      for (const {
        table,
        rule: [first, ...rest],
      } of entrances.toReversed())
        await run(table, "-I", first!, "1", ...rest);
    },
    close,
  };
}
