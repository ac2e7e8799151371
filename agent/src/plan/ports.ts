import { type Danger, danger } from "@appos/shared/plan";
import type { Machine, TakenPort } from "../machine/machine.ts";
import { list, map, type Part, text } from "../policy-model.ts";
import { replicasOf } from "../policy.ts";
import { servicesOf } from "./plan-model.ts";

/** More ports in one range are not looked at one by one. */
const RANGE = 200;

export interface WantedPort {
  service: string;
  ip: string;
  port: number;
  protocol: string;
}

/** Every single port that services publish; one out of a range that Docker may choose from is none. */
export function wantedPorts(model: Part): WantedPort[] {
  return servicesOf(model).flatMap(([service, definition]) =>
    list(definition.ports)
      .map(map)
      .flatMap(({ published, target, protocol, host_ip }) => {
        const [first, last = first] = text(published).split("-").map(Number);
        if (!first || !last || last - first >= RANGE || (last > first && !text(target).includes("-"))) return [];
        const common = { service, ip: text(host_ip), protocol: text(protocol) || "tcp" };
        return Array.from({ length: last - first + 1 }, (_, i) => ({ ...common, port: first + i }));
      }),
  );
}

/** Published ports that somebody else has: another container, a program of the server, or another service of the app itself. */
export async function takenPorts(model: Part, project: string, machine: Machine): Promise<Danger[]> {
  const wanted = wantedPorts(model);
  if (wanted.length === 0) return [];
  const taken = await machine.engine.takenPorts();
  const found: Danger[] = [];
  for (const [i, port] of wanted.entries()) {
    const holder = twice(port, wanted.slice(0, i), model) ?? (await holderOf(port, taken, project, machine));
    const about = `${port.port}/${port.protocol}`;
    if (holder && !found.some(({ id }) => id === `port-taken:${about}`)) found.push(takenBy(holder, port, about));
  }
  return found;
}

const takenBy = (holder: string, { service, port, protocol }: WantedPort, about: string): Danger =>
  danger("port-taken", {
    about,
    service,
    message: `${service} publishes port ${port}${protocol === "tcp" ? "" : ` (${protocol.toUpperCase()})`}, which is taken by ${holder}.`,
    remedy: `Publish another port of the server, such as ${port < 1024 ? port + 8000 : port + 1}, or free this one.`,
  });

/** The same port for two of the app's own containers. */
function twice(port: WantedPort, earlier: WantedPort[], model: Part): string | undefined {
  const other = earlier.find((each) => collide(each, port));
  if (other)
    return other.service === port.service ? `${port.service} itself, which publishes it twice` : `the service ${other.service} of this app`;
  const definition = servicesOf(model).find(([name]) => name === port.service)?.[1] ?? {};
  return replicasOf(definition) > 1 ? `its own first container, as it is to have ${replicasOf(definition)}` : undefined;
}

async function holderOf(port: WantedPort, taken: TakenPort[], project: string, machine: Machine) {
  const held = taken.filter((each) => collide(each, port));
  if (held.some((each) => each.project === project)) return undefined;
  if (held[0]) return `the container ${held[0].container}`;
  return machine.portHolder(port.port, port);
}

type At = Pick<WantedPort, "ip" | "port" | "protocol">;
const everywhere = (ip: string) => ip === "" || ip === "0.0.0.0" || ip === "::";
const collide = (a: At, b: At) => a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || everywhere(a.ip) || everywhere(b.ip));
