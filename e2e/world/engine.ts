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
    await attempt("umount", ["-l", join(home, "data")]);
  });
  await begin();
  return {
    host,
    docker,
    start: begin,
    stop,
    /** Gives it an image that this machine has. */
    async give(image: string) {
      const archive = join(home, "image.tar");
      await run("docker", ["save", "-o", archive, image]);
      await docker("load", "-i", archive);
    },
  };
}
