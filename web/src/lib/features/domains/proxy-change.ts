import type { ProxyView } from "@appos/shared/domains";
import { programNames, programOf, type ProxyProgram } from "./domain-words.ts";

type Now = Pick<ProxyView, "driver" | "place" | "problem" | "domains">;

/** Programs that are the server's own, as systemd and people call them. */
const own: Partial<Record<ProxyProgram, { unit: string; name: string }>> = {
  "host-caddy": { unit: "caddy", name: "Caddy" },
  "host-nginx": { unit: "nginx", name: "Nginx" },
};

/** What becomes of a server's sites where another program is to serve them: the guide says all of it. */
export function whatHappens(now: Now, next: ProxyProgram): string {
  const before = programOf(now);
  if (next === before) return now.problem === null ? `${programNames[before]} is the one that it has.` : "It is tried once more.";
  const [leaves, comes] = [own[before], own[next]];
  if (leaves && comes)
    return `Only one program can have the ports: stop ${leaves.name} on the server first, with systemctl disable --now ${leaves.unit}, and start ${comes.name}.`;
  if (leaves)
    return `Only one program can have the ports: stop ${leaves.name} on the server first, with systemctl disable --now ${leaves.unit}.`;
  if (next === "traefik")
    return "The other program is fetched and tried first. While it takes over the ports nobody is answered for about a second. Should it not be able to serve, the one of before is started again.";
  if (!comes)
    return "The other program is fetched and tried first. Nobody is turned away while it takes over, and connections that are open may go on for 30 seconds. Should it not be able to serve, the one of before is started again.";
  if (now.domains > 0 && now.problem === null)
    return `Only one program can have the ports, and a container has them now: remove the server's domains, start ${comes.name}, choose it, and add them again.`;
  return `AppOS adds one file to a folder that ${comes.name} includes. What it serves besides is not touched. It checks all of it first; should it not take that, or not serve what it should, nothing of AppOS is left there.`;
}
