import { mkdir, open, rm, statfs } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { policySummary } from "../policy-verb.ts";
import { program } from "../program.ts";
import { type Check, broken, fine } from "./check.ts";

const LEAST_FREE_BYTES = 500e6;
const install = "Install Docker Engine with Compose v2 from your distribution's packages (docker.io and docker-compose-v2) or from Docker.";

export const docker: Check = {
  name: "Docker",
  async look({ env }) {
    const version = await engineVersion(env["DOCKER_HOST"]);
    if (version) return fine(`Engine ${version}`);
    const client = await program("docker", ["--version"]);
    if (client.code !== 0) return broken("Docker is not installed", install);
    return broken("no Docker Engine answers", "Start it: systemctl start docker, or service docker start.");
  },
};

/** The version that an engine answers with, where one does. */
function engineVersion(host = "unix:///var/run/docker.sock"): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const where = host.startsWith("unix://") ? { socketPath: host.slice("unix://".length) } : new URL(host.replace(/^tcp:/, "http:"));
  const asked = "socketPath" in where ? request({ ...where, path: "/version" }) : request(new URL("/version", where));
  asked.setTimeout(5_000, () => asked.destroy());
  asked.on("error", () => resolve(undefined));
  asked.on("response", (response) => {
    let body = "";
    response.setEncoding("utf8").on("data", (text: string) => (body += text));
    response.on("end", () => resolve(/"Version":"([^"]+)"/.exec(body)?.[1]));
  });
  asked.end();
  return promise;
}

export const compose: Check = {
  name: "Compose",
  async look() {
    const { code, output } = await program("docker", ["compose", "version", "--short"]);
    const version = /^v?(\d+)\.\S+/.exec(output.trim());
    if (code !== 0 || !version) return broken("Docker Compose v2 is not installed", install);
    if (Number(version[1]) < 2) return broken(`Compose ${version[0]} is too old`, install);
    return fine(`v${version[0].replace(/^v/, "")}`);
  },
};

export const disk: Check = {
  name: "Disk space",
  async look({ settings: { dirs } }) {
    await mkdir(dirs.data, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(dirs.data);
    const free = bavail * bsize;
    const found = `${(free / 1e9).toFixed(1)} GB free in ${dirs.data}`;
    return free < LEAST_FREE_BYTES ? broken(found, "Free some space: docker system prune removes what no container uses.") : fine(found);
  },
};

export const journal: Check = {
  name: "Journal",
  async look({ settings: { dirs } }) {
    const path = join(dirs.journal, `.doctor.${process.pid}`);
    try {
      await mkdir(dirs.journal, { recursive: true, mode: 0o700 });
      const file = await open(path, "wx", 0o600);
      await file.writeFile("written\n");
      await file.sync();
      await file.close();
    } catch (error) {
      return broken(`${dirs.journal} cannot be written: ${(error as Error).message}`, "Run this as root, and check the disk.");
    } finally {
      await rm(path, { force: true });
    }
    return fine(`${dirs.journal} can be written`);
  },
};

export const policy: Check = {
  name: "Policy",
  async look({ settings }) {
    const { problem, text } = await policySummary(settings);
    return problem === null ? fine(text) : broken(text, "See what is wrong, and where: appos-agent policy check.");
  },
};
