import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { atEnd } from "./ends.ts";
import { folder } from "./places.ts";
import { attempt, type Program, run, start } from "./program.ts";
import { until } from "./until.ts";

/** A Docker Engine for one story alone, which may be stopped without disturbing anybody. It makes no networks. */
export async function engine() {
  const home = folder("engine");
  const host = `unix://${join(home, "docker.sock")}`;
  const args = ["--host", host, "--data-root", join(home, "data"), "--exec-root", join(home, "exec"), "--pidfile", join(home, "pid")];
  const docker = (...words: string[]) => run("docker", words, { env: { DOCKER_HOST: host } });
  let daemon: Program;
  const begin = async () => {
    daemon = start("/usr/sbin/dockerd", [...args, "--bridge", "none", "--iptables=false"]);
    await until("the engine answers", () => docker("info")).catch((error: Error) => {
      throw new Error(`${error.message}\n${daemon.output().slice(-3_000)}`);
    });
  };
  /** As the system's service manager does: it takes its containers down with it. */
  const stop = async () => {
    daemon.signal("SIGTERM");
    await daemon.ended;
  };
  atEnd(async () => {
    await stop();
    // One that was killed has left its containers' keepers running, and their folders mounted.
    for (const pid of programsIn(home)) killProcess(pid);
    for (const place of mountsIn(home)) await attempt("umount", ["-l", place]);
  });
  await begin();
  return {
    host,
    docker,
    start: begin,
    stop,
    /** As when the kernel has run out of memory: its containers run on. */
    async kill9() {
      daemon.signal("SIGKILL");
      await daemon.ended;
    },
    /** Gives it an image that this machine has. */
    async give(image: string) {
      const archive = join(home, "image.tar");
      await run("docker", ["save", "-o", archive, image]);
      await docker("load", "-i", archive);
    },
  };
}

const programsIn = (home: string) =>
  readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "latin1").includes(`${home}/`);
    } catch {
      return false;
    }
  });

function killProcess(pid: string) {
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** The innermost first. */
const mountsIn = (home: string) =>
  readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((place) => place.startsWith(`${home}/`))
    .reverse();
