import { networkInterfaces } from "node:os";
import { atEnd } from "../world/ends.ts";
import { namespace } from "../world/namespace.ts";
import { attempt, run } from "../world/program.ts";

/** out: what the server sends is lost. in: what it would receive. */
export type Cut = "both" | "out" | "in" | "reset";
export type Network = Awaited<ReturnType<typeof serverNetwork>>;

const FIRST = 150;
const NETWORKS = 90;
/** Several runs may be at work on one machine: each begins to look somewhere else. */
let next = process.pid;

/** A network for one server, whose cable can be cut: packets vanish both ways or one way, or every segment is answered with a reset. */
export async function serverNetwork() {
  const { name, near } = await freeNamespace();
  const inside = (...words: string[]) => run("nsenter", [`--net=/run/netns/${name}`, ...words]);
  const rules: string[][] = [];
  async function add(...rule: string[]) {
    await inside("iptables", "-w", "-I", rule[0]!, "1", ...rule.slice(1));
    rules.push(rule);
  }
  async function heal() {
    for (const [chain, ...rule] of rules.splice(0)) await inside("iptables", "-w", "-D", chain!, ...rule);
  }
  atEnd(heal);
  return {
    name,
    near,
    heal,
    async cut(way: Cut) {
      await heal();
      if (way === "reset") return add("OUTPUT", "-o", "eth0", "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset");
      if (way !== "in") await add("OUTPUT", "-o", "eth0", "-j", "DROP");
      if (way !== "out") await add("INPUT", "-i", "eth0", "-j", "DROP");
    },
    /** Delay, loss and order by the kernel itself; false where this kernel cannot. The chaos proxy does what it can everywhere. */
    async shape(...netem: string[]): Promise<boolean> {
      await attempt("nsenter", [`--net=/run/netns/${name}`, "tc", "qdisc", "del", "dev", "eth0", "root"]);
      if (netem.length === 0) return true;
      const words = ["tc", "qdisc", "add", "dev", "eth0", "root", "netem", ...netem];
      return (await attempt("nsenter", [`--net=/run/netns/${name}`, ...words])).code === 0;
    },
  };
}

async function freeNamespace() {
  for (let tries = 0; tries < NETWORKS; tries++) {
    const number = FIRST + (next++ % NETWORKS);
    const taken = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === `10.93.${number}.1`));
    if (!taken) return namespace(number);
  }
  throw new Error(`No network is free from 10.93.${FIRST}.0 on`);
}
