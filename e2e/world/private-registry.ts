import { createHash, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { atEnd } from "./ends.ts";
import { folder, port as freePort } from "./places.ts";
import { run, start } from "./program.ts";
import { until } from "./until.ts";

/** Found nowhere it must not be. Its characters are those that shells and JSON trip over. */
export const reader = { username: "ada", password: 'CNRY-5f1c2b; id #-p"x$y' };
/** By these it would be found: as it is, and as Docker writes it. */
export const traces = ["CNRY-5f1c2b", Buffer.from(`${reader.username}:${reader.password}`).toString("base64").slice(0, 24)];
/** bcrypt of the password above: docker-registry takes no other hash. */
const HTPASSWD = "ada:$2y$05$zSxT0V/dmhbr3z1Q8PvYjuLKvpAn.2kN5LnEZfB1GUktkk4dQpw5q\n";
const basic = Buffer.from(`${reader.username}:${reader.password}`).toString("base64");
const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
interface Manifest {
  config: { digest: string; size: number };
}

/** Debian's docker-registry on this machine, which wants a login, behind a door that a story can hold shut. */
export async function privateRegistry() {
  const [inside, outside] = [await freePort(), await freePort()];
  const host = `127.0.0.1:${outside}`;
  const home = folder("registry");
  writeFileSync(join(home, "htpasswd"), HTPASSWD);
  writeFileSync(join(home, "config.json"), JSON.stringify({ auths: { [host]: { auth: basic } } }));
  const config = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(home, "data") } },
    http: { addr: `127.0.0.1:${inside}` },
    auth: { htpasswd: { realm: "test", path: join(home, "htpasswd") } },
  };
  writeFileSync(join(home, "config.yml"), JSON.stringify(config));
  start("docker-registry", ["serve", join(home, "config.yml")]);
  const door = await openDoor(outside, inside);
  await until("the registry answers", () => fetch(`http://${host}/v2/`));

  const docker = (...args: string[]) => run("docker", args, { env: { DOCKER_CONFIG: home } });
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, `http://${host}/v2/`), { ...init, headers: { authorization: `Basic ${basic}`, ...init.headers } });

  /** What was pulled from it is of no use to anybody else. By name: the same image may have others. */
  atEnd(async () => {
    const names = await docker("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", `reference=${host}/*/*`);
    for (const name of names.split("\n").filter((each) => each !== "" && !each.endsWith(":<none>"))) await docker("rmi", "-f", name);
  });

  return {
    host,
    ...door,
    /** Puts an image of this machine there, under another name, which this machine then has no more. */
    async push(image: string, as: string) {
      await docker("tag", image, `${host}/${as}`);
      await docker("push", "-q", `${host}/${as}`);
      await docker("rmi", `${host}/${as}`);
      return `${host}/${as}`;
    },
    /** Puts an image behind a tag that differs from the one that is there by a label, as a new version would; gives back its digest. */
    async renew(repository: string, tag: string): Promise<string> {
      const manifest = (await (await ask(`${repository}/manifests/${tag}`, { headers: { accept: MANIFEST } })).json()) as Manifest;
      const old = (await (await ask(`${repository}/blobs/${manifest.config.digest}`)).json()) as { config: object };
      const bytes = Buffer.from(JSON.stringify({ ...old, config: { ...old.config, Labels: { renewed: randomUUID() } } }));
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      const upload = new URL((await ask(`${repository}/blobs/uploads/`, { method: "POST" })).headers.get("location")!);
      upload.searchParams.set("digest", digest);
      await ask(upload.href, { method: "PUT", body: bytes, headers: { "content-type": "application/octet-stream" } });
      const body = JSON.stringify({ ...manifest, config: { ...manifest.config, digest, size: bytes.length } });
      const put = await ask(`${repository}/manifests/${tag}`, { method: "PUT", body, headers: { "content-type": MANIFEST } });
      return put.headers.get("docker-content-digest")!;
    },
  };
}

/** What comes in goes on; while it is held, it waits. */
async function openDoor(outside: number, inside: number) {
  const sockets = new Set<Socket>();
  let held = false;
  let waits = 0;
  const server = createServer((outer) => {
    const inner = connect(inside, "127.0.0.1");
    for (const [socket, other] of [[outer, inner] as const, [inner, outer] as const]) {
      sockets.add(socket);
      socket.on("error", () => other.destroy()).on("close", () => (sockets.delete(socket), other.destroy()));
    }
    if (held) waits++;
    if (held) [outer, inner].forEach((socket) => socket.pause());
    outer.on("data", (bytes) => inner.write(bytes));
    inner.on("data", (bytes) => outer.write(bytes));
    if (held) [outer, inner].forEach((socket) => socket.pause());
  });
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(outside, "127.0.0.1", resolve));
  atEnd(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return {
    hold: () => void (held = true),
    /** Whether somebody waits before it. */
    waits: () => waits > 0,
    release() {
      held = false;
      waits = 0;
      sockets.forEach((socket) => socket.resume());
    },
  };
}
