import { diagnose } from "../commands/failures.ts";
import type { CommandFailed } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";

/** What it means for a person that the proxy's container could not be started. */
export async function proxyStartFailure({ message, lines }: CommandFailed, { machine }: JobContext): Promise<JobFailure> {
  const said = diagnose(lines);
  if (said.kind !== "port-taken")
    return new JobFailure("COMMAND_FAILED", `The proxy could not be started. Compose said: ${said.line || message}`, { lines });
  const container = await machine.engine.publisher(said.port).catch(() => undefined);
  const holder = container ? `the container ${container}` : await machine.portHolder(said.port);
  const isNginx = holder?.startsWith("the program nginx ")
    ? " Or have it serve the domains: the server's page, Proxy, Change, Nginx of this server."
    : "";
  const words = `Port ${said.port} is already taken${holder ? ` by ${holder}` : ""}, and the proxy needs it. Free it, then try again.${isNginx}`;
  return new JobFailure("PORT_TAKEN", words, { lines: [said.line] });
}
