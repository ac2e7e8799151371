import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Api } from "./api.ts";
import { isUp } from "./control-plane.ts";
import { atEnd } from "./ends.ts";
import { dist, folder } from "./places.ts";
import { attempt, killGroup, type Program, start } from "./program.ts";
import { until } from "./until.ts";

export type Agent = Awaited<ReturnType<typeof agent>>;

interface Options {
  env?: Record<string, string>;
  /** What the server's owner allows, where it is not what is allowed without a word. */
  policy?: string;
}

/** An agent in the story's own hands, where `npm start` would watch over it: enrolled as server `name`, and up. */
export async function agent({ url }: { url: string }, admin: Api, name: string, { env: more = {}, policy }: Options = {}) {
  const { enrollment } = await admin.addServer(name);
  const { controlPlaneId } = await admin.get<{ controlPlaneId: string }>("system/info");
  const home = folder("agent");
  const program = join(dist, "agent/agent.mjs");
  const env = { APPOS_AGENT_DIR: home, ...more };
  const args = [program, "enroll", "--url", url, "--key", controlPlaneId];
  const told = await attempt(process.execPath, args, { env: { ...env, APPOS_ENROLLMENT_TOKEN: enrollment.token } });
  if (told.code !== 0) throw new Error(`It could not be enrolled: ${told.output}`);
  if (policy !== undefined) writeFileSync(join(home, "policy.yaml"), policy, { mode: 0o600 });

  let running: Program;
  const begin = async () => {
    running = start(process.execPath, [program, "run"], { env });
    await until(`server ${name} is up`, () => isUp(admin, name)).catch((error: Error) => {
      throw new Error(`${error.message}\n--- its agent said:\n${running.output().slice(-3_000)}`, { cause: error });
    });
  };
  atEnd(() => killGroup(pidOf(home), "SIGKILL"));
  await begin();
  return {
    home,
    start: begin,
    pid: () => running.pid,
    log: () => running.output(),
    async kill9() {
      running.signal("SIGKILL");
      await running.ended;
    },
    /** Ends it; resolves when the control plane has noticed. */
    async stop() {
      running.signal("SIGTERM");
      await running.ended;
      await until(`server ${name} is away`, async () => (await admin.server(name)).presence === "away");
    },
  };
}

function pidOf(home: string): number {
  const file = join(home, "agent.pid");
  return existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : 0;
}
