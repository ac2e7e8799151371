import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Found nowhere it must not be. Its characters are those that shells and JSON trip over. */
export const PASSWORD = 'CNRY-5f1c2b; id #-p"x$y';
/** bcrypt of the password above: docker-registry takes no other hash. */
const HTPASSWD = "ada:$2y$05$zSxT0V/dmhbr3z1Q8PvYjuLKvpAn.2kN5LnEZfB1GUktkk4dQpw5q\n";

export const login = (host: string, password = PASSWORD) => ({ host, username: "ada", password });

const authorization = `Basic ${Buffer.from(`ada:${PASSWORD}`).toString("base64")}`;
const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
interface Manifest {
  config: { digest: string; size: number };
}

/** Debian's docker-registry on this machine, which wants a login. */
export async function privateRegistry(port: number) {
  const folder = mkdtempSync(join(tmpdir(), "appos-registry-"));
  const host = `127.0.0.1:${port}`;
  writeFileSync(join(folder, "htpasswd"), HTPASSWD);
  const config = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "data") } },
    http: { addr: host },
    auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } },
  };
  writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
  const program = spawn("docker-registry", ["serve", join(folder, "config.yml")], { stdio: "ignore" });
  for (let tries = 0; !(await fetch(`http://${host}/v2/`).catch(() => undefined)); tries++) {
    if (tries > 100) throw new Error("docker-registry does not answer. Is the package docker-registry installed?");
    await sleep(50);
  }
  const docker = (...args: string[]) => execFileSync("docker", args, { env: { ...process.env, DOCKER_CONFIG: folder }, stdio: "pipe" });
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ auths: { [host]: { auth: Buffer.from(`ada:${PASSWORD}`).toString("base64") } } }),
  );

  return {
    host,
    folder,
    /** Puts an image of this machine there, under another name, which this machine then has no more. */
    push(image: string, as: string) {
      docker("tag", image, `${host}/${as}`);
      docker("push", "-q", `${host}/${as}`);
      docker("rmi", `${host}/${as}`);
      return `${host}/${as}`;
    },
    /** Puts an image behind a tag that differs from the one that is there by this; gives back its digest. */
    async change(repository: string, tag: string, by: object = { Labels: { changed: crypto.randomUUID() } }): Promise<string> {
      const ask = (path: string, init: RequestInit = {}) =>
        fetch(new URL(path, `http://${host}/v2/${repository}/`), { ...init, headers: { authorization, ...init.headers } });
      const manifest = (await (await ask(`manifests/${tag}`, { headers: { accept: MANIFEST } })).json()) as Manifest;
      const config = (await (await ask(`blobs/${manifest.config.digest}`)).json()) as { config: object };
      const bytes = Buffer.from(JSON.stringify({ ...config, config: { ...config.config, ...by } }));
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      const upload = new URL((await ask("blobs/uploads/", { method: "POST" })).headers.get("location")!);
      upload.searchParams.set("digest", digest);
      await ask(upload.href, { method: "PUT", body: bytes, headers: { "content-type": "application/octet-stream" } });
      const changed = { ...manifest, config: { ...manifest.config, digest, size: bytes.length } };
      const put = await ask(`manifests/${tag}`, { method: "PUT", body: JSON.stringify(changed), headers: { "content-type": MANIFEST } });
      if (!put.ok) throw new Error(`The registry did not take the image: ${await put.text()}`);
      return put.headers.get("docker-content-digest")!;
    },
    end() {
      for (const name of docker("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", `reference=${host}/*/*`)
        .toString()
        .split("\n"))
        if (name !== "" && !name.endsWith(":<none>")) docker("rmi", "-f", name);
      program.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
