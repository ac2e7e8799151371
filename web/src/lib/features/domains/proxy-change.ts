import type { ProxyView } from "@appos/shared/domains";
import { programNames, programOf, type ProxyProgram } from "./domain-words.ts";

type Now = Pick<ProxyView, "driver" | "place" | "problem" | "domains">;

/** What becomes of a server's sites where another program is to serve them: the guide says all of it. */
export function whatHappens(now: Now, next: ProxyProgram): string {
  const before = programOf(now);
  if (next === before) return now.problem === null ? `${programNames[before]} is the one that it has.` : "It is tried once more.";
  if (next !== "host-nginx" && before === "host-nginx")
    return "Only one program can have the ports: stop Nginx on the server first, with systemctl disable --now nginx.";
  if (next !== "host-nginx")
    return "The other program is fetched and tried first. Nobody is turned away while it takes over, and connections that are open may go on for 30 seconds. Should it not be able to serve, the one of before is started again.";
  if (now.domains > 0 && now.problem === null)
    return "Only one program can have the ports, and a container has them now: remove the server's domains, start Nginx, choose it, and add them again.";
  return "What Nginx serves besides is not touched. It checks all of it first; should it not take that, or not serve what it should, nothing of AppOS is left there.";
}
