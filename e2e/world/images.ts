import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { folder, root } from "./places.ts";
import { run } from "./program.ts";

const images = { "web-1": "web:1", "web-2": "web:2", sick: "sick:1", crash: "crash:1", patient: "patient:1", logger: "logger:1" };

/** Builds the images that the stories deploy, from a static busybox; nothing is pulled. What is there already is quick. */
export async function buildImages() {
  const context = folder("images");
  copyFileSync("/bin/busybox", join(context, "busybox"));
  copyFileSync(join(root, "e2e/images/Dockerfile"), join(context, "Dockerfile"));
  for (const [target, tag] of Object.entries(images)) {
    const args = ["build", "-q", "--target", target, "-t", `appos-test/${tag}`, context];
    await run("docker", args, {
      env: { DOCKER_BUILDKIT: "0", ...(process.env["DOCKER_HOST"] && { DOCKER_HOST: process.env["DOCKER_HOST"] }) },
    });
  }
}
