import type Docker from "dockerode";

/** Has containers of other projects leave the networks of this one, which Docker would not remove with them inside. */
export async function showOutGuests(docker: Docker, project: string): Promise<void> {
  const label = `com.docker.compose.project=${project}`;
  const networks = await docker.listNetworks({ filters: JSON.stringify({ label: [label] }) });
  const own = new Set((await docker.listContainers({ all: true, filters: JSON.stringify({ label: [label] }) })).map(({ Id }) => Id));
  for (const { Id } of networks) {
    const network = docker.getNetwork(Id);
    const { Containers } = (await network.inspect()) as { Containers?: Record<string, unknown> };
    for (const guest of Object.keys(Containers ?? {})) if (!own.has(guest)) await network.disconnect({ Container: guest, Force: true });
  }
}
