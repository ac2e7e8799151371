import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { downloadPackages, unpackFromRelease } from "./debian.mjs";
import { program } from "./program.mjs";
import { at } from "./root.mjs";

/** Where Debian's proxies are unpacked for tests. Nothing of them is installed: a package would start them, on ports of this machine. */
export const PROXIES = at("node_modules/.cache/appos-proxies");

/** Fetches nginx, and a Caddy as new as the one that AppOS starts; once. */
export async function ensureProxies() {
  if (existsSync(PROXIES)) return;
  mkdirSync(at("node_modules/.cache"), { recursive: true });
  const folder = mkdtempSync(`${PROXIES}-`);
  try {
    await unpackFromRelease("trixie-backports", ["caddy"], folder);
    await downloadPackages(["nginx"], folder);
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".deb"))) {
      const { code, output } = await program("dpkg", ["-x", join(folder, file), folder]);
      if (code !== 0) throw new Error(`${file} could not be unpacked. dpkg said:\n${output}`);
      rmSync(join(folder, file));
    }
    renameSync(folder, PROXIES);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** That Caddy as an image, for there is no registry to pull one from. */
export const CADDY_IMAGE = "appos-test/caddy:2.11.2";

/** Builds it, where it is not there yet. */
export const ensureCaddyImage = () => ensureImage(CADDY_IMAGE, "usr/bin/caddy", ["data"]);

/** Debian's nginx as an image. */
export const NGINX_IMAGE = "appos-test/nginx:1.22";

/** Builds it, where it is not there yet. */
export const ensureNginxImage = () => ensureImage(NGINX_IMAGE, "usr/sbin/nginx", ["run", "var/lib/nginx", "var/log/nginx"]);

/** An image of one program, and of what it is linked with. */
async function ensureImage(image, path, folders) {
  await ensureProxies();
  if ((await program("docker", ["image", "inspect", image])).code === 0) return;
  const root = mkdtempSync(join(tmpdir(), "appos-proxy-"));
  const put = (from, to) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  };
  try {
    for (const folder of ["tmp", "etc", ...folders]) mkdirSync(join(root, folder), { recursive: true });
    const from = join(PROXIES, path);
    put(from, join("bin", basename(path)));
    const { output } = await program("ldd", [from]);
    for (const [library] of output.matchAll(/\/\S+(?= \()/g)) put(library, library);
    // As in Debian's own image.
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/sh\n");
    writeFileSync(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
    const archive = `${root}.tar`;
    await done("tar", ["-C", root, "-cf", archive, "."]);
    await done("docker", ["import", "--change", "ENV PATH=/bin", archive, image]);
    rmSync(archive);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function done(name, args) {
  const { code, output } = await program(name, args);
  if (code !== 0) throw new Error(`${name} ${args[0]} ended with exit code ${code}. It said:\n${output}`);
}
