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
  expect(readPolicy("compose:\n")).toMatchObject({ privileged: false, hostMounts: [] });
});

test("paths without detours", () => {
  expect(["/a/../b", "//a//b/", "/../../a", "/a/./b/..", "/"].map(cleanPath)).toEqual(["/b", "/a/b", "/a", "/a", "/"]);
});
