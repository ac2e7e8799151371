import { type Agent, agent } from "./agent.ts";
import { type Api, api } from "./api.ts";
import { administrator } from "./control-plane.ts";
import { platform } from "./platforms/index.ts";
import type { Place } from "./platforms/platform.ts";

export interface World {
  controls: Place;
  admin: Api;
}
export interface WorldWithServer extends World {
  /** Of server `local`, which is this machine. */
  local: Agent;
  serverId: string;
}

/** A control plane on the platform that was chosen, which nobody has set up. */
export const emptyWorld = (env: Record<string, string> = {}): Promise<Place> => platform(env);

/** A control plane on the platform that was chosen, with its administrator signed in. */
async function world(env: Record<string, string> = {}): Promise<World> {
  const controls = await emptyWorld(env);
  const token = new URL(await controls.setupUrl()).searchParams.get("token");
  await api(controls.url).post("setup", { token, ...administrator });
  return { controls, admin: await api(controls.url).signIn(administrator) };
}

/** This machine, up as server `local`, on which terminals are allowed. */
export async function localServer({ controls, admin }: World) {
  const local = await agent(controls, admin, "local", { policy: "terminals: { host: true, exec: true }\n" });
  const { id: serverId } = await admin.server("local");
  return { local, serverId };
}

/** A control plane on the platform that was chosen, with its administrator signed in and this machine as its server. */
export async function worldWithServer(env: Record<string, string> = {}): Promise<WorldWithServer> {
  const its = await world(env);
  return { ...its, ...(await localServer(its)) };
}
