import { expect, test } from "vitest";
import { pieces, replaceVariables, withDefaults } from "./interpolation.ts";
import { formatOf } from "./index.ts";
import { read } from "./reader.ts";

// What is the same for every format, told with compose as CasaOS has it.
const compose = (services: string, more = "") =>
  read("casaos", { "Apps/A/docker-compose.yml": `name: a\nservices:\n${services}\n${more}` });

test("variables are found as Compose finds them, in defaults too, and a dollar sign that means nothing stands for itself", () => {
  expect(pieces("a$$b${C:-x${D}y}$E $5")).toMatchObject(["a$$b", { name: "C", operator: ":-", word: "x${D}y" }, { name: "E" }, " $$5"]);
  expect(replaceVariables("${A:-${B}}/$B", ({ name }) => (name === "B" ? "b" : undefined))).toBe("${A:-b}/b");
  expect(withDefaults("${A:-${B-c}}d")).toBe("cd");
  expect(withDefaults("${A}d")).toBeUndefined();
});

test("folders in each other stay folders of the app, so that services go on seeing the same", () => {
  const { services } = compose(
    "  a: {image: 'x:1', volumes: ['./data:/data']}\n  b: {image: 'y:1', volumes: ['./data/db:/db', './other:/o']}",
  ).one();
  expect(services.a!.volumes).toEqual(["./data:/data"]);
  expect(services.b!.volumes).toEqual(["./data/db:/db", "other:/o"]);
});

test("a file that the template does not bring is left out and said: Docker would make a folder of it", () => {
  const { services, dropped } = compose("  a: {image: 'x:1', volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro', 'data:/d']}").one();
  expect(services.a!.volumes).toEqual(["data:/d"]);
  expect(dropped.join()).toMatch(/nginx\.conf, which a mounts/);
});

test("a mount whose place a variable gives becomes a volume, or what its default says", () => {
  const { services } = compose("  a: {image: 'x:1', volumes: ['${UPLOAD_LOCATION}:/up', '${DB_DATA:-./pg}:/db', '/anon']}").one();
  expect(services.a!.volumes).toEqual(["upload-location:/up", "pg:/db", "anon:/anon"]);
});

test("volumes never come together by their names, and the same folder is one however it is written", () => {
  const { services } = compose(
    "  a: {image: 'x:1', volumes: ['./pg:/a', './pg/:/b', 'pg:/c', '/data']}\n  b: {image: 'x:1', volumes: ['/data', '/etc/localtime:/etc/localtime']}",
  ).one();
  expect(services.a!.volumes).toEqual(["pg-2:/a", "pg-2:/b", "pg:/c", "data:/data"]);
  expect(services.b!.volumes).toEqual(["data-2:/data", "/etc/localtime:/etc/localtime:ro"]);
});

test("what no agent lets through is left out and said", () => {
  const { services, dropped } = compose(
    "  a: {image: 'x:1', security_opt: ['seccomp=unconfined', 'no-new-privileges:true'], sysctls: {kernel.shmmax: 1, net.core.somaxconn: 9}, cgroup_parent: x, logging: {driver: gelf}, strange: 1, pid: host, extra_hosts: ['host.docker.internal:host-gateway', 'a:1.1.1.1'], healthcheck: {test: x, start_interval: 1s}}",
  ).one();
  expect(services.a).toEqual({
    image: "x:1",
    security_opt: ["no-new-privileges:true"],
    sysctls: { "net.core.somaxconn": 9 },
    extra_hosts: ["a:1.1.1.1"],
    healthcheck: { test: "x" },
  });
  expect(dropped).toHaveLength(7);
});

test.each([
  ["  a: {build: .}", /built from a Dockerfile/],
  ["  a: {command: x}", /names no image/],
  ["  a: {image: 'x:1', extends: {file: b.yml, service: b}}", /extends/],
  ["  a: {image: 'x:1', network_mode: 'container:other'}", /joins the network of other/],
  ["  a: {image: 'x:1', secrets: [s]}\nsecrets: {s: {external: true}}", /somebody has to make first/],
  ["  a: [", /not YAML/],
  ["  a: {image: 'x:1'}\n  ../b: {image: 'x:1'}", /no name that a service can have/],
])("what cannot be translated is listed with the reason: %s", (services, reason) => {
  const found = compose(services).get();
  expect(found.template).toBeNull();
  expect(found.problem).toMatch(reason);
});

test("an alias bomb is refused, and stops nothing else", () => {
  const levels = Array.from({ length: 9 }, (_, i) => `x-${i + 1}: &x${i + 1} [${Array(9).fill(`*x${i}`).join(",")}]`).join("\n");
  const all = read("casaos", {
    "Apps/A/docker-compose.yml": `x-0: &x0 [a,a,a,a,a,a,a,a,a]\n${levels}\nservices: {a: {image: x}}`,
    "Apps/B/docker-compose.yml": "name: b\nservices: {b: {image: 'x:1'}}",
  });
  expect(all.get("a").problem).toMatch(/alias/i);
  expect(all.one("b").template.name).toBe("B");
});

test("names that become the same are told apart", () => {
  const all = read("casaos", {
    "Apps/My App/docker-compose.yml": "services: {b: {image: 'x:1'}}",
    "Apps/my-app/docker-compose.yml": "services: {b: {image: 'x:1'}}",
  });
  expect([...all.all.keys()]).toEqual(["my-app", "my-app-2"]);
});

test("the format is found out from the names of the files", () => {
  expect(formatOf(["README.md", "blueprints/a/template.toml", "blueprints/b/template.toml"])).toBe("dokploy");
  expect(formatOf(["apps/a/config.json", "apps/a/docker-compose.json"])).toBe("runtipi");
  expect(formatOf(["apps/a/variables.json", "apps/a/docker-compose.yml"])).toBe("websoft9");
  expect(formatOf(["apps/a/data.yml", "apps/a/1.0/data.yml"])).toBe("1panel");
  expect(formatOf(["Apps/A/docker-compose.yml"])).toBe("casaos");
  expect(formatOf(["a/umbrel-app.yml"])).toBe("umbrel");
  expect(formatOf(["public/v4/apps/a.yml"])).toBe("caprover");
  expect(formatOf(["templates/compose/a.yaml"])).toBe("coolify");
  expect(formatOf(["templates.json"])).toBe("portainer");
  expect(formatOf(["README.md"])).toBeUndefined();
});

test("a database's password that no other service names stays, since its app expects that one, and is warned of", () => {
  const found = compose(
    "  a: {image: 'x:1', environment: {ADMIN_PASSWORD: changeme}}\n  db: {image: 'postgres:16', environment: {POSTGRES_PASSWORD: postgres}}",
  ).one();
  expect(found.services.db!.environment).toEqual({ POSTGRES_PASSWORD: "postgres" });
  expect(found.services.a!.environment).toEqual({ ADMIN_PASSWORD: "${ADMIN_PASSWORD}" });
  expect(found.rules).toContain("literal-secret");
  expect(found.dropped.join()).toMatch(/POSTGRES_PASSWORD stays/);
});
