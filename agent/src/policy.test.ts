import { expect, test } from "vitest";
import { readPolicy } from "./policy-file.ts";
import { cleanPath } from "./policy-mounts.ts";
import { checkPolicy } from "./policy.ts";

const folder = "/var/lib/appos/apps/blog";
const check = (model: object, policy?: string) =>
  checkPolicy(model as never, { policy: readPolicy(policy), folder, project: "appos-blog" });
const rules = (service: object, policy?: string) => check({ services: { web: service } }, policy).map(({ rule }) => rule);

test("a key that AppOS does not know is refused, at every level", () => {
  expect(rules({ image: "x", brand_new: true })).toEqual(["unknown-key"]);
  expect(rules({ image: "x", provider: { type: "../../x" } })).toEqual(["unknown-key"]);
  expect(rules({ deploy: { brand_new: 1 } })).toEqual(["unknown-key"]);
  expect(check({ services: {}, models: { m: { model: "x" } } }).map(({ rule }) => rule)).toEqual(["unknown-key"]);
  expect(check({ services: {}, volumes: { v: { brand_new: 1 } } }).map(({ rule }) => rule)).toEqual(["unknown-key"]);
  expect(rules({ constructor: { x: 1 } })).toEqual(["unknown-key"]);
});

test("what is said names the service, the reason and the remedy", () => {
  expect(check({ services: { web: { privileged: true } } })).toEqual([
    {
      rule: "privileged",
      service: "web",
      message:
        "The service web asks for privileged: true, which gives it the whole server. Leave it out, or set compose.privileged: true in the server's policy.yaml.",
    },
  ]);
});

test("Docker's socket by the new key, and every other way in", () => {
  expect(rules({ use_api_socket: true })).toEqual(["docker-socket"]);
  for (const source of ["/var/run/docker.sock", "/run//docker.sock", "/srv/../run/docker.sock", "/elsewhere/docker.sock"]) {
    expect(rules({ volumes: [{ type: "bind", source }] })).toEqual(["docker-socket"]);
    expect(rules({ volumes: [{ type: "bind", source }] }, "compose: {dockerSocket: true}")).toEqual([]);
  }
});

test("a mount type that is not known is refused", () => {
  expect(rules({ volumes: [{ type: "npipe", source: "x" }] })).toEqual(["host-mount"]);
  expect(rules({ volumes: [{ type: "volume", source: "x" }, { type: "tmpfs" }] })).toEqual([]);
});

test("the folder of an app whose name begins with this one's is another's", () => {
  expect(rules({ volumes: [{ type: "bind", source: `${folder}-2/data` }] })).toEqual(["host-mount"]);
  expect(rules({ volumes: [{ type: "bind", source: `${folder}/data` }] })).toEqual([]);
});

test("devices by path, and what is below them", () => {
  const policy = "compose: {devices: [/dev/dri, gpu]}";
  expect(rules({ devices: ["/dev/dri/card0:/dev/dri/card0"], gpus: "all" }, policy)).toEqual([]);
  expect(rules({ devices: ["/dev/dri/../sda:/x", { source: "/dev/drive" }] }, policy)).toEqual(["devices", "devices"]);
});

test("what Compose writes for nothing is nothing", () => {
  expect(rules({ cgroup_parent: "", devices: null, gpus: [], oom_score_adj: 0, privileged: false, volumes_from: null })).toEqual([]);
});

test.each([
  "privileged: true",
  "compose: {hostMounts: [relative]}",
  "compose: {hostMounts: [/srv/../etc]}",
  "compose: {capabilities: [cap net admin]}",
  "- a",
])("no policy: %s", (text) => {
  expect(() => readPolicy(text)).toThrow();
});

test("an empty policy file is like none", () => {
  expect(readPolicy("")).toEqual(readPolicy(undefined));
  expect(readPolicy("compose:\n").compose).toMatchObject({ privileged: false, hostMounts: [] });
});

test("paths without detours", () => {
  expect(["/a/../b", "//a//b/", "/../../a", "/a/./b/..", "/"].map(cleanPath)).toEqual(["/b", "/a/b", "/a", "/a", "/"]);
});

test("images come only from the registries that are named, whatever their names look like", () => {
  const from = (image: string, only: string) => rules({ image }, `registries: {only: ${only}}`);
  expect(from("evil.example.org/x:1", "[ghcr.io]")).toEqual(["registries"]);
  expect(from("nginx", "[ghcr.io]")).toEqual(["registries"]);
  expect(from("ghcr.io.evil.example.org/x", "[ghcr.io]")).toEqual(["registries"]);
  expect(from("GHCR.io/x", "[ghcr.io]")).toEqual([]);
  expect(from("ghcr.io/x@sha256:aa", "[ghcr.io]")).toEqual([]);
  expect(from("localhost:5000/x", "['localhost:5000']")).toEqual([]);
  expect(from("localhost:5001/x", "['localhost:5000']")).toEqual(["registries"]);
  for (const image of ["nginx", "library/nginx:1", "docker.io/x/y", "index.docker.io/x/y"]) expect(from(image, "[docker.io]")).toEqual([]);
  expect(from("nginx", "[]")).toEqual(["registries"]);
  expect(rules({ image: "anything.example.org/x" })).toEqual([]);
});

test("every service's image is looked at, and the refusal names service, registry and remedy", () => {
  const model = { services: { web: { image: "ghcr.io/x" }, db: { image: "postgres:17" } } };
  expect(check(model, "registries: {only: [ghcr.io]}")).toEqual([
    {
      rule: "registries",
      service: "db",
      message:
        "The service db uses the image postgres:17 from docker.io. Use one of another registry, or add docker.io to registries.only in the server's policy.yaml.",
    },
  ]);
});

test("a secret or config may come from a folder below the file roots, but Docker's socket is no file", () => {
  const model = (file: string) => ({ services: {}, secrets: { s: { file } }, configs: { c: { file } } });
  const found = (file: string, policy?: string) => check(model(file), policy).map(({ rule }) => rule);
  expect(found("/etc/shadow")).toEqual(["host-mount", "host-mount"]);
  expect(found("/etc/ssl/site.pem", "files: {roots: [/etc/ssl]}")).toEqual([]);
  expect(found("/etc/ssl-2/site.pem", "files: {roots: [/etc/ssl]}")).toEqual(["host-mount", "host-mount"]);
  expect(found("/var/run/docker.sock", "files: {roots: [/var/run]}")).toEqual(["docker-socket", "docker-socket"]);
  expect(rules({ volumes: [{ type: "bind", source: "/etc/ssl" }] }, "files: {roots: [/etc/ssl]}")).toEqual(["host-mount"]);
});
