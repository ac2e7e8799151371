import { atEnd } from "./ends.ts";
import { named } from "./places.ts";
import { run } from "./program.ts";
import { until } from "./until.ts";

/** Docker as somebody with a shell on the server uses it. */
export const docker = (...args: string[]) => run("docker", args);

const lines = (text: string) => text.split("\n").filter(Boolean);
const labelled = (app: string) => `label=com.docker.compose.project=appos-${app}`;

export const containersOf = async (app: string, service?: string) =>
  lines(
    await docker("ps", "-aq", "--filter", labelled(app), ...(service ? ["--filter", `label=com.docker.compose.service=${service}`] : [])),
  );
export const volumesOf = async (app: string) => lines(await docker("volume", "ls", "-q", "--filter", labelled(app)));

/** The name of a new app. Whatever of it is left in Docker is gone when the stories are over. */
export function appNamed(noun: string): string {
  const name = named(noun);
  atEnd(() => sweep(name));
  return name;
}

/** Whatever holds images for a compose project. */
export async function sweepKeepers(project: string) {
  const keepers = lines(await docker("ps", "-aq", "--filter", `label=appos.keeps=${project}`));
  if (keepers.length > 0) await docker("rm", ...keepers);
}

export async function sweep(app: string) {
  await sweepKeepers(`appos-${app}`);
  const containers = await containersOf(app);
  if (containers.length > 0) await docker("rm", "-fv", ...containers);
  const networks = lines(await docker("network", "ls", "-q", "--filter", labelled(app)));
  if (networks.length > 0) await docker("network", "rm", ...networks);
  const volumes = await volumesOf(app);
  if (volumes.length > 0) await docker("volume", "rm", "-f", ...volumes);
}

/** Lets the container of a service on the image `patient` become healthy. */
export async function makeReady(app: string, service = "web") {
  const container = await until(`${app} has a container`, async () => (await containersOf(app, service))[0]);
  await until("it runs", () => docker("exec", container, "touch", "/tmp/ready").then(() => true));
}

/** What a published port answers now, or undefined. */
export async function answerAt(port: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) });
    return (await response.text()).trim();
  } catch {
    return undefined;
  }
}
