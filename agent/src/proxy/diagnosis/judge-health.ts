import type { CheckFinding } from "@appos/shared/site-check";
import type { Container } from "../../machine/machine.ts";
import { ok, skipped, wrong } from "./finding.ts";

interface HealthSeen {
  /** The running ones of the service. */
  running: readonly Container[];
  app: string;
  service: string;
  /** What the proxy answers for the domain, in the app's place or as the app did; undefined where it could not be asked. */
  status: number | null | undefined;
}

export function judgeHealth({ running, app, service, status }: HealthSeen): CheckFinding {
  if (running.length === 0) return skipped("health", "Not looked at: nothing of it is running.");
  const sick = running.find(({ status: { health } }) => health === "unhealthy");
  if (sick) {
    const words = sick.healthLines.slice(-5).join("\n");
    const said = words === "" ? "It said nothing." : `It said last: ${words}`;
    return wrong(
      "health",
      `${sick.status.container} is unhealthy: its health check fails. ${said}`,
      `Look at the logs of ${app}, or mend the health check in its compose file.`,
    );
  }
  const starting = running.find(({ status: { health } }) => health === "starting");
  const facts = starting ? [`The health check of ${starting.status.container} has not come to a verdict yet.`] : [];
  if (status === undefined) return skipped("health", "Not looked at: without a certificate the proxy sends nothing on to it.", facts);
  if (status === null)
    return wrong(
      "health",
      "Through the proxy nothing answered within 10 seconds.",
      `Look at the logs of ${app}: ${service} takes connections, and does not answer.`,
      facts,
    );
  if (status >= 500) return wrong("health", `Through the proxy it answers ${status}.`, `Look at the logs of ${app}.`, facts);
  const isHealthy = running.every(({ status: { health } }) => health === "healthy");
  return ok("health", `${isHealthy ? "Its health check passes, and through" : "Through"} the proxy it answers ${status}.`, facts);
}
