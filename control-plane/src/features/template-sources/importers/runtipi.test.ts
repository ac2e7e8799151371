import { expect, test } from "vitest";
import { read } from "./reader.ts";

const config = {
  id: "my-app",
  name: "My App",
  short_desc: "Does things",
  version: "v1.5",
  tipi_version: 12,
  port: 8111,
  categories: ["utilities"],
  supported_architectures: ["arm64", "amd64"],
  author: "a",
  source: "https://s.example/x",
  form_fields: [] as object[],
};
const service = {
  name: "my-app",
  image: "x/app:1.5",
  isMain: true,
  internalPort: 3000,
  volumes: [{ hostPath: "${APP_DATA_DIR}/data/app", containerPath: "/data" }],
};
const app = (compose: object, more: object = {}, files: Record<string, string> = {}) =>
  read(
    "runtipi",
    Object.fromEntries(
      Object.entries({
        "config.json": JSON.stringify({ ...config, ...more }),
        "docker-compose.json": JSON.stringify(compose),
        ...files,
      }).map(([path, text]) => [`apps/my-app/${path}`, text]),
    ),
  );

test("schema 1 has variables as a map, schema 2 as a list", () => {
  const one = app({ services: [{ ...service, environment: { A: "1", URL: "${APP_PROTOCOL}://${APP_DOMAIN}" } }] }).one();
  expect(one.template).toMatchObject({
    name: "My App",
    version: "1.5-12",
    description: "Does things",
    routes: [{ service: "my-app", port: 3000, publishedAs: "APP_PORT" }],
  });
  expect(one.services["my-app"]).toMatchObject({
    environment: { A: "1" },
    volumes: ["data-app:/data"],
    ports: ["${APP_PORT}:3000"],
    restart: "unless-stopped",
  });
  expect(one.inputs.APP_PORT!.generator).toEqual({ kind: "port", from: 8111 });
  expect(one.inputs.APP_PROTOCOL!.default).toBe("http");
  const two = app({ schemaVersion: 2, services: [{ ...service, environment: [{ key: "A", value: 2 }] }] }).one();
  expect(two.services["my-app"]!.environment).toEqual({ A: "2" });
});

test("everything that a service may have is spelled as compose has it", () => {
  const { services } = app({
    services: [
      {
        ...service,
        dependsOn: { db: { condition: "service_healthy" } },
        addPorts: [
          { containerPort: 53, hostPort: 5353, udp: true, interface: "127.0.0.1" },
          { containerPort: 22, hostPort: 2222 },
        ],
        capAdd: ["NET_ADMIN"],
        stopGracePeriod: "1m",
        shmSize: "1g",
        extraHosts: ["a:1.1.1.1"],
        workingDir: "/w",
        extraLabels: { a: "b" },
        addToMainNetwork: true,
        strange: 1,
      },
      {
        name: "db",
        image: "y:1",
        dependsOn: ["my-app"],
        healthCheck: { test: "true", interval: "5s", startPeriod: "10s", retries: 3, startInterval: "1s" },
        networkMode: "container:my-app",
      },
    ],
  }).one();
  expect(services["my-app"]).toMatchObject({
    depends_on: { db: { condition: "service_healthy" } },
    ports: ["127.0.0.1:5353:53/udp", "2222:22", "${APP_PORT}:3000"],
    cap_add: ["NET_ADMIN"],
    stop_grace_period: "1m",
    shm_size: "1g",
    extra_hosts: ["a:1.1.1.1"],
    working_dir: "/w",
  });
  expect(services["my-app"]).not.toHaveProperty("labels");
  expect(services.db).toMatchObject({
    depends_on: ["my-app"],
    healthcheck: { test: "true", interval: "5s", start_period: "10s", retries: 3 },
    network_mode: "service:my-app",
  });
});

test("the form becomes inputs; what is random keeps its length and its encoding", () => {
  const form_fields = [
    { type: "random", env_variable: "R", label: "R" },
    { type: "random", env_variable: "H", label: "H", min: 16, encoding: "hex" },
    { type: "random", env_variable: "B", label: "B", min: 24, encoding: "base64" },
    { type: "fqdnip", env_variable: "WHERE", label: "Where", required: true, hint: "A host" },
    { type: "number", env_variable: "N", label: "N", min: 1, max: 5, default: 2 },
    { type: "boolean", env_variable: "YES", label: "Yes", default: true },
    { type: "text", env_variable: "L", label: "L", options: [{ label: "One", value: "1" }], regex: "^[a-z]+$", pattern_error: "Letters" },
  ];
  const environment = Object.fromEntries(form_fields.map(({ env_variable: key }) => [key, `\${${key}}`]));
  const { inputs } = app({ services: [{ ...service, environment }] }, { form_fields }).one();
  expect(inputs.R).toMatchObject({ generator: { kind: "alnum", length: 32 }, hidden: true, secret: true });
  expect(inputs.H!.generator).toEqual({ kind: "hex", chars: 32 });
  expect(inputs.B!.generator).toEqual({ kind: "base64", bytes: 24 });
  expect(inputs.WHERE).toMatchObject({ type: "host", required: true, help: "A host" });
  expect(inputs.N).toMatchObject({ type: "number", min: 1, max: 5, default: "2" });
  expect(inputs.YES).toMatchObject({ type: "boolean", default: "true" });
  expect(inputs.L).toMatchObject({ type: "select", pattern: "[a-z]+", patternHelp: "Letters" });
});

test("keys for web push are a pair", () => {
  const environment = { P: "${VAPID_PUBLIC_KEY}", S: "${VAPID_PRIVATE_KEY}" };
  const { inputs } = app({ services: [{ ...service, environment }] }, { generate_vapid_keys: true }).one();
  expect(inputs.VAPID_PUBLIC_KEY!.generator).toMatchObject({ kind: "vapid", half: "public" });
  expect(inputs.VAPID_PRIVATE_KEY).toMatchObject({ secret: true, generator: { half: "private" } });
});

test("what stands in its data folder is brought, with templates filled", () => {
  const volumes = [
    { hostPath: "${APP_DATA_DIR}/data/conf", containerPath: "/conf" },
    { hostPath: "${ROOT_FOLDER_HOST}/media/data", containerPath: "/media" },
  ];
  const { files, services, dropped } = app(
    { services: [{ ...service, environment: { K: "${K}" }, volumes }] },
    {},
    { "data/conf/a.ini.template": "k={{K}}", "data/conf/b": "b" },
  ).one();
  expect(files).toMatchObject([
    { path: "data/conf/a.ini", content: "k=${K}", fill: true },
    { path: "data/conf/b", fill: false },
  ]);
  expect(services["my-app"]!.volumes).toEqual(["./data/conf:/conf", "runtipi-media-data:/media"]);
  expect(dropped.join()).toMatch(/kept \/media in \/runtipi\/media\/data/);
});

test("overrides for one processor are left out and said; the others count", () => {
  const { services, dropped } = app({
    schemaVersion: 2,
    services: [{ ...service, environment: [] }],
    overrides: [
      { services: [{ name: "my-app", image: "x/app:2" }] },
      { architecture: "arm64", services: [{ name: "my-app", image: "x/arm:2" }] },
    ],
  }).one();
  expect(services["my-app"]!.image).toBe("x/app:2");
  expect(dropped.join()).toMatch(/different on arm64/);
});

test("the compose file of before is read where there is no other", () => {
  const compose =
    'version: "3"\nservices:\n  my-app:\n    container_name: my-app\n    image: x:1\n    ports: ["${APP_PORT}:8080"]\n    volumes: ["${APP_DATA_DIR}/data:/d"]\n    labels: {traefik.enable: true}\n    networks: [tipi_main_network]\nnetworks: {tipi_main_network: {external: true}}\n';
  const { services, template } = read("runtipi", {
    "apps/a/config.json": JSON.stringify(config),
    "apps/a/docker-compose.yml": compose,
  }).one();
  expect(services["my-app"]).toEqual({ image: "x:1", ports: ["${APP_PORT}:8080"], volumes: ["data:/d"] });
  expect(template.routes).toMatchObject([{ port: 8080, publishedAs: "APP_PORT" }]);
});

test("what is not available, and a schema that nobody knows, are listed with the reason", () => {
  expect(app({ services: [service] }, { available: false }).get().problem).toMatch(/not available/);
  expect(app({ schemaVersion: 3, services: [service] }).get().problem).toMatch(/Schema 3/);
});
