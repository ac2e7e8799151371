import { expect, test } from "vitest";
import { read } from "./reader.ts";

const about =
  "name: App\ntags: [网站]\ntitle: 应用\nadditionalProperties:\n  key: app\n  name: My App\n  tags: [Website]\n  shortDescZh: 应用\n  shortDescEn: An app\n  type: website\n  website: https://w.example/\n  github: https://g.example/\n  architectures: [amd64, arm64]\n";
const form = (fields: object[]) => JSON.stringify({ additionalProperties: { formFields: fields } });
const compose = `services:
  app:
    image: x/app:2.10
    container_name: \${CONTAINER_NAME}
    ports: ["\${PANEL_APP_PORT_HTTP}:80"]
    networks: [1panel-network]
    volumes: ["./data:/data", "./conf/a.ini:/a.ini"]
    environment: {DB_HOST: "\${PANEL_DB_HOST}", DB_PASSWORD: "\${PANEL_DB_USER_PASSWORD}", KEY: "\${APP_KEY}"}
    labels: {createdBy: "Apps"}
networks: {1panel-network: {external: true}}
`;
const port = {
  envKey: "PANEL_APP_PORT_HTTP",
  type: "number",
  rule: "paramPort",
  default: 40001,
  required: true,
  labelEn: "Port",
  labelZh: "端口",
};
const app = (fields: object[] = [port], files: Record<string, string> = {}) =>
  read(
    "1panel",
    Object.fromEntries(
      Object.entries({
        "data.yml": about,
        "2.9/docker-compose.yml": "services: {}",
        "2.10/docker-compose.yml": compose,
        "2.10/data.yml": form(fields),
        "2.10/conf/a.ini": "a=1",
        "2.10/scripts/init.sh": "id",
        "latest/docker-compose.yml": "services: {}",
        ...files,
      }).map(([path, text]) => [`apps/app/${path}`, text]),
    ),
  );

test("of its versions the highest counts, as people count", () => {
  const { template, services, files, rules } = app().one();
  expect(template).toMatchObject({
    name: "My App",
    version: "2.10",
    description: "An app",
    categories: ["websites"],
    links: { website: "https://w.example/" },
  });
  expect(services.app).toMatchObject({
    image: "x/app:2.10",
    ports: ["${PANEL_APP_PORT_HTTP}:80"],
    volumes: ["data:/data", "./conf/a.ini:/a.ini"],
  });
  expect(services.app).not.toHaveProperty("networks");
  expect(files).toMatchObject([{ path: "conf/a.ini" }]);
  expect(rules).toContain("shell-hook");
});

test("its form becomes inputs: ports, choices, and secrets whose default is but their beginning", () => {
  const { inputs, template } = app([
    port,
    { envKey: "APP_KEY", type: "password", default: "key_", random: true, required: true, label: { en: "Key", zh: "键" } },
    {
      envKey: "PANEL_DB_HOST",
      type: "select",
      default: "b",
      values: [
        { label: "A", value: "a" },
        { label: "B", value: "b" },
      ],
    },
  ]).one();
  expect(inputs.PANEL_APP_PORT_HTTP).toMatchObject({ type: "port", label: "Port", generator: { kind: "port", from: 40001 } });
  expect(inputs.APP_KEY).toMatchObject({ label: "Key", secret: true, generator: { kind: "alnum", length: 24 } });
  expect(inputs.PANEL_DB_HOST).toMatchObject({ type: "select", default: "b" });
  expect(template.routes).toMatchObject([{ service: "app", port: 80, publishedAs: "PANEL_APP_PORT_HTTP" }]);
});

test("in the place of a database that 1Panel's apps share it gets its own", () => {
  const bind = {
    envKey: "PANEL_DB_TYPE",
    type: "apps",
    default: "postgresql",
    values: [
      { label: "MySQL", value: "mysql" },
      { label: "PostgreSQL", value: "postgresql" },
    ],
    child: { envKey: "PANEL_DB_HOST", type: "service" },
  };
  const { services, inputs, dropped, volumes } = app([
    port,
    bind,
    { envKey: "PANEL_DB_NAME", type: "text", default: "app", random: true },
    { envKey: "PANEL_DB_USER", type: "text", default: "user" },
    { envKey: "PANEL_DB_USER_PASSWORD", type: "password", default: "pw", random: true },
  ]).one();
  expect(services.db).toMatchObject({
    image: "postgres:17-alpine",
    environment: { POSTGRES_DB: "${PANEL_DB_NAME}", POSTGRES_PASSWORD: "${PANEL_DB_USER_PASSWORD}" },
  });
  expect(services.app!.depends_on).toEqual({ db: { condition: "service_healthy" } });
  expect(inputs.PANEL_DB_HOST).toMatchObject({ hidden: true, default: "db" });
  expect(volumes).toContain("db-data");
  expect(dropped.join()).toMatch(/one of its own: the service db/);
});

test("what it would share and AppOS has no image for is named, and a runtime is no app", () => {
  expect(app([{ envKey: "X", type: "service", key: "kafka" }]).get().problem).toMatch(/kafka/);
  expect(app([port], { "data.yml": about.replace("type: website", "type: runtime") }).get().problem).toMatch(/runtime/);
});
