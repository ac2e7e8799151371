import type Docker from "dockerode";
import { inTime, statusOf } from "./docker-client.ts";

/** Has a container leave a network, with all that it has open there. It is no mistake that it is not in it. */
export async function leaveNetwork(docker: Docker, container: string, network: string): Promise<void> {
  try {
    await inTime(docker.getNetwork(network).disconnect({ Container: container, Force: true }));
  } catch (error) {
    if (statusOf(error) !== 404 && !/is not connected to/.test(String((error as Error).message))) throw error;
  }
}

/** Has a container join a network. It is no mistake that it is in it already. */
export async function joinNetwork(docker: Docker, container: string, network: string): Promise<void> {
  try {
    await inTime(docker.getNetwork(network).connect({ Container: container }));
  } catch (error) {
    const isInside = statusOf(error) === 403 && /already exists in network/.test(String((error as Error).message));
    if (!isInside) throw error;
  }
}
