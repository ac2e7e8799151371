import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atEnd } from "./ends.ts";
import { folder } from "./places.ts";
import { run } from "./program.ts";

/** The one image that is deployed: a static busybox, built here and pulled from nowhere. */
export const IMAGE = "bench-web:1";
const recipe = `FROM scratch
COPY busybox /bin/busybox
STOPSIGNAL SIGKILL
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir /www && echo ready > /www/index.html
CMD ["httpd", "-f", "-p", "80", "-h", "/www"]
`;

export async function buildImage() {
  const context = folder("image");
  copyFileSync("/bin/busybox", join(context, "busybox"));
  writeFileSync(join(context, "Dockerfile"), recipe);
  await run("docker", ["build", "-q", "--network=none", "-t", IMAGE, context], { env: { DOCKER_BUILDKIT: "0" } });
}

const lines = (text: string) => text.split("\n").filter(Boolean);

/** Whatever of a Compose project is left in Docker is gone when the measurement is over. */
export function sweepAtEnd(project: string) {
  const mine = ["--filter", `label=com.docker.compose.project=${project}`];
  atEnd(async () => {
    const containers = lines(await run("docker", ["ps", "-aq", ...mine]));
    if (containers.length > 0) await run("docker", ["rm", "-fv", ...containers]);
    const networks = lines(await run("docker", ["network", "ls", "-q", ...mine]));
    if (networks.length > 0) await run("docker", ["network", "rm", ...networks]);
  });
}
