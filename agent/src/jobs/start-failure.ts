import { diagnose, type Diagnosis } from "../commands/failures.ts";
import type { CommandFailed } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { unhealthy } from "./unhealthy.ts";

/** What it means for a person that `compose up` failed. */
export async function startFailure(error: CommandFailed, project: string, context: JobContext): Promise<JobFailure> {
  const said = diagnose(error.lines);
  if (said.kind === "port-taken") return portTaken(said, project, context);
  if (said.kind === "dependency") return dependencyFailed(said, project, context);
  if (said.kind === "disk-full")
    return new JobFailure("DISK_FULL", `There is no space left on this server's disk. Docker said: ${said.line}`);
  if (said.kind === "no-image")
    return new JobFailure("IMAGE_NOT_FOUND", `An image is missing. Docker said: ${said.line}`, { lines: error.lines });
  return new JobFailure("COMMAND_FAILED", `Compose could not start the app. It said: ${said.line || error.message}`, {
    lines: error.lines,
  });
}

async function portTaken({ port, container, line }: Diagnosis & { kind: "port-taken" }, project: string, { machine }: JobContext) {
  const [holder, service] = await Promise.all([holderOf(port, machine), serviceOf(container, project, machine)]);
  const message = `Port ${port} is already taken${holder ? ` by ${holder}` : ""}. Publish another port${service ? ` in ${service}` : ""}, or free this one.`;
  return new JobFailure("PORT_TAKEN", message, { lines: [line], ...(service && { service }) });
}

async function holderOf(port: number, machine: JobContext["machine"]) {
  const container = await machine.engine.publisher(port).catch(() => undefined);
  return container ? `the container ${container}` : machine.portHolder(port);
}

async function serviceOf(container: string | undefined, project: string, { engine }: JobContext["machine"]) {
  const all = await engine.containers({ project }).catch(() => []);
  return all.find(({ status }) => status.container === container)?.status.service;
}

/** A service that another waits for did not come up. */
async function dependencyFailed({ container, line }: Diagnosis & { kind: "dependency" }, project: string, context: JobContext) {
  const found = (await context.machine.engine.containers({ project })).find(({ status }) => status.container === container);
  if (!found) return new JobFailure("UNHEALTHY", `${line}.`);
  return unhealthy(
    found,
    /is unhealthy/.test(line) ? "its health check fails" : `it ended with exit code ${found.status.exitCode ?? "unknown"}`,
    context,
  );
}
