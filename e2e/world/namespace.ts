import { atEnd } from "./ends.ts";
import { named } from "./places.ts";
import { attempt, run } from "./program.ts";

const PREFIX = "appos-e2e";
const deviceOf = (name: string) => `apo${name.slice(-4)}`;

/** A network of its own, from which this machine can be called at `near`. Nobody can call in. */
export async function namespace(number: number) {
  const name = named(PREFIX);
  const [near, far] = [`10.93.${number}.1`, `10.93.${number}.2`];
  const device = deviceOf(name);
  await clear(near);
  const ip = (...args: string[]) => run("ip", args);
  const inside = (command: string, ...args: string[]) => run("ip", ["netns", "exec", name, command, ...args]);

  await ip("netns", "add", name);
  atEnd(() => ip("netns", "del", name));
  await ip("link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", name);
  atEnd(() => run("sh", ["-c", `ip link del ${device} 2> /dev/null || true`]));
  // An address that comes by itself, seconds later, is a changed network to a browser, which then drops what it loads.
  await inside("ip", "link", "set", "eth0", "addrgenmode", "none");
  await ip("addr", "add", `${near}/30`, "dev", device);
  await ip("link", "set", device, "up");
  await inside("ip", "addr", "add", `${far}/30`, "dev", "eth0");
  for (const link of ["lo", "eth0"]) await inside("ip", "link", "set", link, "up");
  await inside("iptables", "-w", "-A", "INPUT", "-i", "eth0", "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT");
  await inside("iptables", "-w", "-A", "INPUT", "-i", "eth0", "-j", "DROP");
  return { name, near, far };
}

/**
 * Takes away the network that stories left at this address which were killed: with two of them, answers go to the one where nobody is.
 * One in which programs still run is not touched, and said.
 */
async function clear(near: string) {
  const lines = await run("ip", ["-oneline", "-4", "address", "show", "to", near]);
  for (const [, device = ""] of lines.matchAll(/^\d+: (\S+)/gm)) {
    const name = `${PREFIX}-${device.slice(-4)}`;
    const { code, output } = await attempt("ip", ["netns", "pids", name]);
    if (device !== deviceOf(name) || (code === 0 && output.trim() !== "")) throw new Error(`${near} is in use: by ${device}, of ${name}`);
    await attempt("ip", ["netns", "del", name]);
    await attempt("ip", ["link", "del", device]);
  }
}
