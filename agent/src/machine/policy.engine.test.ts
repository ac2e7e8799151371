import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import type { Rule } from "../policy-model.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";

const world = engineWorld();
afterAll(world.end);
const policyFile = join(world.folder, "policy.yaml");
const allow = (text: string) => writeFileSync(policyFile, text, { mode: 0o600 });
afterEach(() => allow(""));
const deploy = (compose: string) => world.deploy("h2-p", 1, compose);
const service = (more: string, top = "") => `${top}\nservices:\n  w:\n    image: "${BUSYBOX}"\n    command: ["true"]\n    ${more}`;

const refused: [Rule, string][] = [
  ["privileged", service("privileged: true")],
  ["privileged", service("<<: *x", "x-p: &x {privileged: true}")],
  ["privileged", `services:\n  base: {image: "${BUSYBOX}", privileged: true}\n  w: {extends: {service: base}}`],
  ...["/:/h", "/var/run/docker.sock:/s", "/var/run/../run/docker.sock:/s", "/run/docker.sock:/s"].map((mount): [Rule, string] => [
    mount.includes("docker.sock") ? "docker-socket" : "host-mount",
    service(`volumes: ["${mount}"]`),
  ]),
  ...[
    "/run:/r",
    "/proc:/p",
    "/etc:/e",
    "../..:/up",
    "~:/h",
    "~/x:/h",
    ".:/all",
    "./releases:/r",
    "./.env:/e",
    "./data/../compose.yaml:/c",
    "/etc/localtime:/l",
  ].map((mount): [Rule, string] => ["host-mount", service(`volumes: ["${mount}"]`)]),
  ["host-mount", service(`volumes: [{type: bind, source: /etc, target: /e, bind: {create_host_path: true}}]`)],
  ["host-mount", service(`volumes: [{type: bind, source: ./d, target: /e, bind: {propagation: rshared}}]`)],
  ["host-mount", service(`volumes: ["vol:/v"]`, "volumes: {vol: {driver_opts: {type: none, o: bind, device: /}}}")],
  ["host-mount", service(`volumes: ["vol:/v"]`, `volumes: {vol: {driver_opts: {type: nfs, o: "addr=10.0.0.1", device: ":/x"}}}`)],
  ["host-mount", service(`volumes: ["vol:/v"]`, "volumes: {vol: {driver: rclone}}")],
  ["host-mount", service("secrets: [s]", "secrets: {s: {file: /etc/shadow}}")],
  ["host-mount", service("configs: [c]", "configs: {c: {file: ../../agent.json}}")],
  ["external-volume", service(`volumes: ["vol:/v"]`, "volumes: {vol: {external: true, name: appos-other_data}}")],
  ["external-volume", service(`volumes: ["vol:/v"]`, "volumes: {vol: {name: appos-other_data}}")],
  ["external-volume", service("volumes_from: ['container:other']")],
  ["host-network", service("network_mode: host")],
  ["host-network", service(`extra_hosts: ["h:host-gateway"]`)],
  ["external-network", service("network_mode: 'container:other'")],
  ["external-network", service("networks: [n]", "networks: {n: {external: true, name: appos-other_default}}")],
  ["external-network", service("networks: [n]", "networks: {n: {name: appos-other_default}}")],
  ["external-network", service("external_links: [other]")],
  ["network-driver", service("networks: [n]", "networks: {n: {driver: macvlan, driver_opts: {parent: eth0}}}")],
  ["network-driver", service("networks: [n]", "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}")],
  ["network-driver", service("networks: [n]", "networks: {n: {driver_opts: {com.docker.network.bridge.name: docker0}}}")],
  ...["pid: host", "ipc: host", "uts: host", "userns_mode: host", "cgroup: host", "cgroup_parent: /", "pid: 'container:x'"].map(
    (more): [Rule, string] => ["host-namespace", service(more)],
  ),
  ["devices", service(`devices: ["/dev/sda:/dev/sda"]`)],
  ["devices", service(`device_cgroup_rules: ["a *:* rwm"]`)],
  ["devices", service("deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}")],
  ...["seccomp:unconfined", "apparmor:unconfined", "label:disable", "no-new-privileges:false", "systempaths=unconfined"].map(
    (option): [Rule, string] => ["security-opt", service(`security_opt: ["${option}"]`)],
  ),
  ["security-opt", service("runtime: other")],
  ["sysctls", service("sysctls: {kernel.msgmax: 1}")],
  ...["ALL", "SYS_ADMIN", "cap_net_admin"].map((name): [Rule, string] => ["capabilities", service(`cap_add: [${name}]`)]),
  ["logging", service("logging: {driver: syslog, options: {syslog-address: 'tcp://x:1'}}")],
  ...[
    "oom_kill_disable: true",
    "oom_score_adj: -1000",
    "isolation: process",
    "storage_opt: {size: 1G}",
    "credential_spec: {file: x}",
    "blkio_config: {weight: 10}",
  ].map((more): [Rule, string] => ["unknown-key", service(more)]),
  ["unknown-key", service("develop: {watch: [{path: ., action: sync, target: /x}]}")],
  ["reserved-label", service("labels: {appos.app: app_other}")],
  ["reserved-label", service("labels: ['com.docker.compose.project=victim']")],
  ["reserved-label", service(`volumes: ["vol:/v"]`, "volumes: {vol: {labels: {appos.app: x}}}")],
  ["too-many", service("deploy: {replicas: 10000}")],
];

/** Without what all of them have. */
const short = (compose: string) =>
  compose
    .replace(/services:\s+w:\s+image: \S+\s+command: \S+/, "")
    .replace(/\s+/g, " ")
    .trim();

test.each(refused.map(([rule, compose]) => ({ rule, compose, what: short(compose) })))(
  "refused by the rule $rule: $what",
  async ({ rule, compose }) => {
    const { error, steps } = await deploy(compose);
    expect(error).toMatchObject({ code: "POLICY_REFUSED", details: { rule, step: "resolve" } });
    expect(steps).not.toContain("start started");
  },
);

test.each(
  [
    service(
      "volumes: ['./data:/d', './file.txt:/f', 'vol:/v', '/etc/localtime:/etc/localtime:ro']",
      "volumes: {vol: {driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}}",
    ),
    service(
      "cap_add: [NET_BIND_SERVICE, CAP_CHOWN]\n    cap_drop: [ALL]\n    security_opt: ['no-new-privileges:true']\n    sysctls: {net.core.somaxconn: 1024}",
    ),
    service(
      "networks: [n]\n    tmpfs: [/t]\n    ulimits: {nofile: 100}\n    init: false\n    ipc: private\n    logging: {driver: json-file, options: {max-size: 1m}}",
      "networks: {n: {internal: true}}",
    ),
  ].map((compose) => ({ compose, what: short(compose) })),
)("fine: $what", async ({ compose }) => {
  expect(await deploy(compose)).toMatchObject({ outcome: "succeeded" });
});

test("the server's owner may allow more, path by path", async () => {
  allow(`compose:\n  hostMounts: [${world.folder}/shared]\n  capabilities: [NET_ADMIN]\n  hostNetwork: true\n`);
  expect(await deploy(service(`volumes: ["${world.folder}/shared/x:/s"]\n    cap_add: [NET_ADMIN]\n    network_mode: host`))).toMatchObject(
    { outcome: "succeeded" },
  );
  expect(await deploy(service(`volumes: ["${world.folder}/shared2:/s"]`))).toMatchObject({ error: { details: { rule: "host-mount" } } });
  expect(await deploy(service("cap_add: [SYS_ADMIN]"))).toMatchObject({ error: { details: { rule: "capabilities" } } });
});

test("what is not allowed any more is not started again, and what was started again leads where it led", async () => {
  allow("compose: {capabilities: [NET_ADMIN]}\n");
  expect(await deploy(service(`cap_add: [NET_ADMIN]\n    volumes: ["./data:/d"]`))).toMatchObject({ outcome: "succeeded" });
  for (const kind of ["start-app", "restart-app"] as const) {
    allow("compose: {capabilities: [NET_ADMIN]}\n");
    expect(await world.run(kind, { name: "h2-p" })).toMatchObject({ outcome: "succeeded" });
    allow("");
    expect(await world.run(kind, { name: "h2-p" })).toMatchObject({
      error: { code: "POLICY_REFUSED", details: { rule: "capabilities", step: "check" } },
    });
  }
  allow("compose: {capabilities: [NET_ADMIN]}\n");
  const data = join(world.machine.folder, "apps/h2-p/data");
  rmSync(data, { recursive: true });
  symlinkSync("/etc", data);
  expect(await world.run("start-app", { name: "h2-p" })).toMatchObject({
    error: { code: "POLICY_REFUSED", details: { rule: "host-mount" }, message: expect.stringContaining("is a link") },
  });
  rmSync(data);
});

test("every image must come from a registry that the server's owner allows, anchors and merges seen through", async () => {
  allow("registries: {only: [ghcr.io]}\n");
  const hidden = `x-i: &i {image: "${BUSYBOX}"}\nservices:\n  w: {<<: *i, command: ["true"]}`;
  expect(await deploy(hidden)).toMatchObject({ error: { code: "POLICY_REFUSED", details: { rule: "registries", service: "w" } } });
  allow("registries: {only: [docker.io]}\n");
  expect(await deploy(hidden)).toMatchObject({ outcome: "succeeded" });
});

test.each(["compose: {privileged: maybe}", "compose: {allowAll: true}", "compose: ["])(
  "a policy file that cannot be read allows nothing: %s",
  async (text) => {
    allow(text);
    expect(await deploy(service("init: false"))).toMatchObject({ error: { code: "POLICY_REFUSED", details: { rule: "policy-file" } } });
  },
);
