import type { CheckFinding, SiteQuestion } from "@appos/shared/site-check";
import type { ProxyModel } from "@appos/shared/sites";
import type { Container, Visited } from "../../machine/machine.ts";
import type { Installed } from "../installed/installed.ts";
import { installedAs } from "../installed/programs.ts";
import { ok, wrong } from "./finding.ts";

interface ProxySeen {
  site: Pick<SiteQuestion, "name" | "path" | "app" | "service" | "port">;
  model: ProxyModel | undefined;
  container: Container | undefined;
  /** Whether the program runs, wherever that is. */
  runs: boolean;
  /** What answers on the server itself where the proxy should. */
  probe: Visited;
  id: string | undefined;
  port: number;
}

/** It answers as what it is; one that was started before it was given a name has none yet. */
export const isOwnProxy = ({ status, proxy }: Visited, id: string | undefined) => status === 204 && (proxy === undefined || proxy === id);

/** Whether this server's proxy is there, and leads the name to where it should. */
export function judgeProxy({ site, model, container, runs, probe, id, port }: ProxySeen): CheckFinding {
  const again = "Its agent starts it again within a minute. Where it does not, reload the proxy on the server's page.";
  if (!isOwnProxy(probe, id)) {
    if (!model) return wrong("proxy", "This server has no proxy yet: it has not been told of any domain.", again);
    if (model.place === "host") return onHost(installedAs(model), runs, probe, port);
    if (!container) return wrong("proxy", "The proxy's container is not there.", again);
    const { state, exitCode, container: name } = container.status;
    const logs = `See what it says with: docker logs ${name}`;
    if (state !== "running")
      return wrong(
        "proxy",
        `The proxy's container is not running (${state}${exitCode === null ? "" : `, exit code ${exitCode}`}).`,
        `${again} ${logs}`,
      );
    if (probe.status !== null)
      return wrong("proxy", `On port ${port} of the server something else answers than its proxy.`, `Find what listens there: ss -ltnp`);
    return wrong("proxy", `The proxy's container is running, and does not answer on port ${port} of the server.`, logs);
  }
  const route = model?.sites.find(({ name }) => name === site.name)?.routes.find(({ path }) => path === site.path);
  if (!route)
    return wrong(
      "proxy",
      `The proxy has not been told of ${site.name}${site.path === "/" ? "" : site.path} yet.`,
      "Reload the proxy on the server's page.",
    );
  if (route.app !== site.app || route.service !== site.service || route.port !== site.port)
    return wrong(
      "proxy",
      `The proxy still serves this domain as it was before: it leads to ${route.service}:${route.port}.`,
      "Reload the proxy on the server's page.",
    );
  return ok("proxy", `The proxy answers, and leads it to ${site.service}:${site.port}.`);
}

/** The server's own, which serves what is not ours too. */
function onHost({ title, unit, examine, show }: Installed, runs: boolean, { status }: Visited, port: number): CheckFinding {
  if (!runs)
    return wrong(
      "proxy",
      `${title} of this server is not running.`,
      `Start it with: systemctl start ${unit}. Where it does not start: ${examine}`,
    );
  if (status === null)
    return wrong("proxy", `${title} of this server is running, and does not answer on port ${port}.`, `See what it says with: ${examine}`);
  return wrong(
    "proxy",
    `${title} of this server answers for this name by a site of its own, or was not told of it yet.`,
    `Look for the name with: ${show}. Then reload the proxy on the server's page.`,
  );
}
