import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../world/api.ts";
import { isUp } from "../world/control-plane.ts";
import { atEnd } from "../world/ends.ts";
import { dist, folder } from "../world/places.ts";
import { attempt, type Program, start } from "../world/program.ts";
import { until } from "../world/until.ts";
import { monotonic } from "./clock.ts";
import type { Network } from "./network.ts";

interface Options {
  admin: Api;
  name: string;
  network: Network;
  /** Where it reaches the control plane, and whom it trusts there. */
  url: string;
  ca: string;
  /** Its folder, where it is not to be any empty one. */
  home?: string;
  env: Record<string, string>;
  /** When the process of an agent ended: by its number. */
  deaths: Map<number, number>;
}

const program = join(dist, "agent/agent.mjs");
const RESTART_MS = 500;

/** An agent in a network of its own, enrolled as server `name`. Like its service on a server, the story starts it again whenever it ends. */
export async function chaosAgent({ admin, name, network, url, ca, home = folder("agent"), env: more, deaths }: Options) {
  const { enrollment } = await admin.addServer(name);
  const { controlPlaneId } = await admin.get<{ controlPlaneId: string }>("system/info");
  const env = { APPOS_AGENT_DIR: home, APPOS_CA_FILE: ca, ...more };
  const inside = [`--net=/run/netns/${network.name}`, process.execPath, program];
  const enroll = [...inside, "enroll", "--url", url, "--key", controlPlaneId];
  const told = await attempt("nsenter", enroll, { env: { ...env, APPOS_ENROLLMENT_TOKEN: enrollment.token } });
  if (told.code !== 0) throw new Error(`It could not be enrolled: ${told.output}`);
  const agent = running({ home, inside, env, deaths });
  await until(`server ${name} is up`, () => isUp(admin, name)).catch((error: Error) => {
    throw new Error(`${error.message}\n--- its agent said:\n${agent.log().slice(-3_000)}`, { cause: error });
  });
  return {
    ...agent,
    name,
    network,
    /** Another agent with the same key, as on a copy of a whole machine. */
    clone() {
      const copy = folder("agent-copy");
      cpSync(join(home, "agent.json"), join(copy, "agent.json"));
      return running({ home: copy, inside, env: { ...env, APPOS_AGENT_DIR: copy }, deaths });
    },
  };
}

function running({
  home,
  inside,
  env,
  deaths,
}: {
  home: string;
  inside: string[];
  env: Record<string, string>;
  deaths: Map<number, number>;
}) {
  let current: Program;
  let wanted = true;
  let said = "";
  function begin() {
    const mine = start("nsenter", [...inside, "run"], { env });
    current = mine;
    void mine.ended.then(async () => {
      deaths.set(mine.pid, monotonic());
      said = (said + mine.output()).slice(-200_000);
      await sleep(RESTART_MS);
      if (wanted && current === mine) begin();
    });
  }
  begin();
  const stop = async () => {
    wanted = false;
    current.signal("SIGCONT");
    current.signal("SIGTERM");
    await current.ended;
  };
  atEnd(stop);
  return {
    home,
    pid: () => current.pid,
    /** All it has said, over its restarts. */
    log: () => said + (current.isOver() ? "" : current.output()),
    /** It is started again, as by its service. */
    kill9() {
      current.signal("SIGKILL");
      return current.ended;
    },
    /** It stays down until it is started. */
    down() {
      wanted = false;
      current.signal("SIGKILL");
      return current.ended;
    },
    freeze: () => void current.signal("SIGSTOP"),
    thaw: () => void current.signal("SIGCONT"),
    stop,
    start() {
      wanted = true;
      begin();
    },
    /** What runs that it has started: the processes that carry its mark. */
    programs: () => marked(home),
  };
}

export interface Running {
  pid: number;
  command: string;
}

/** Every process that an agent of this folder has started, and whatever that has started. */
function marked(home: string): Running[] {
  const text = (pid: string, file: string) => readFileSync(`/proc/${pid}/${file}`, "latin1");
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && existsSync(`/proc/${pid}/environ`))
    .flatMap((pid) => {
      try {
        if (!text(pid, "environ").split("\0").includes(`APPOS_STARTED_BY=${home}`)) return [];
        const command = text(pid, "cmdline").replaceAll("\0", " ");
        return command === "" ? [] : [{ pid: Number(pid), command }];
      } catch {
        return [];
      }
    });
}
