import { expect, test } from "vitest";
import { read } from "./reader.ts";

const manifest = (more = "") =>
  `manifestVersion: 1.1\nid: my-app\ncategory: files\nname: My App\nversion: "1.2.3"\ntagline: Keeps files\ndependencies: []\nport: 8085\npath: "/ui"\ndefaultUsername: admin\ndeterministicPassword: true\n${more}`;
const compose = `version: "3.7"
services:
  app_proxy:
    environment:
      APP_HOST: my-app_web_1
      APP_PORT: 80
  web:
    image: x/web:1@sha256:${"a".repeat(64)}
    user: "1000:1000"
    restart: on-failure
    environment:
      PASSWORD: $APP_PASSWORD
      SEED: \${APP_SEED}
      DB_HOST: my-app_db_1
      DB_PASSWORD: moneyprintergobrrr
      SIZE: \${APP_MY_APP_SIZE}
      HOST: \${APP_MY_APP_DB_IP}
    volumes: ["\${APP_DATA_DIR}/data/web:/data", "\${UMBREL_ROOT}/data/storage:/storage", "\${APP_DATA_DIR}/data/conf.ini:/conf.ini:ro"]
    networks: {default: {ipv4_address: $APP_MY_APP_IP}}
  db:
    image: y/db:1
    environment: {MYSQL_PASSWORD: moneyprintergobrrr}
    volumes: ["\${APP_DATA_DIR}/data/db:/var/lib/mysql"]
`;
const app = (files: Record<string, string> = {}, more?: string) =>
  read(
    "umbrel",
    Object.fromEntries(
      Object.entries({ "umbrel-app.yml": manifest(more), "docker-compose.yml": compose, "data/conf.ini": "a=1\n", ...files }).map(
        ([path, text]) => [`my-app/${path}`, text],
      ),
    ),
  );

test("the pseudo-service says where the app is reached, and goes", () => {
  const { template, services, inputs } = app({ "exports.sh": 'export APP_MY_APP_SIZE="12"\nexport X=$(id)\n' }).one();
  expect(Object.keys(services)).toEqual(["web", "db"]);
  expect(template.routes).toMatchObject([{ service: "web", port: 80, path: "/ui", publishedAs: "APP_PORT" }]);
  expect(inputs.APP_PORT!.generator).toEqual({ kind: "port", from: 8085 });
  expect(
    app({ "docker-compose.yml": compose.replace("$APP_PASSWORD", "$APP_MY_APP_PORT") }).one().inputs.APP_MY_APP_PORT!.generator,
  ).toEqual({ kind: "text", value: "${APP_PORT}" });
  expect(template.notes).toMatch(/Sign in as admin/);
});

test("containers stay known by Umbrel's names, and their addresses in its network are names", () => {
  const { services } = app({ "exports.sh": "export APP_MY_APP_SIZE=12" }).one();
  expect(services.db!.networks).toEqual({ default: { aliases: ["my-app_db_1"] } });
  expect(services.web).not.toHaveProperty("networks");
  expect(services.web!.environment).toMatchObject({ DB_HOST: "my-app_db_1", HOST: "db", SIZE: "12", PASSWORD: "$APP_PASSWORD" });
});

test("data becomes volumes that belong to the user of the image, what it brings stays a file, and what its apps share is its own", () => {
  const { services, files, volumes, dropped, template } = app().one();
  expect(services.web!.volumes).toEqual(["data-web:/data", "umbrel-data-storage:/storage", "./data/conf.ini:/conf.ini:ro"]);
  expect(services.web).not.toHaveProperty("user");
  expect(files).toMatchObject([{ path: "data/conf.ini" }]);
  expect(volumes).toEqual(["data-web", "umbrel-data-storage", "data-db"]);
  expect(dropped.join()).toMatch(/user of its image/);
  expect(template.dataPaths).toContainEqual({ service: "db", path: "/var/lib/mysql" });
});

test("passwords are made for each app; seeds keep their name", () => {
  const { services, inputs } = app().one();
  expect(services.web!.environment).toMatchObject({ DB_PASSWORD: "${DB_PASSWORD}" });
  expect(services.db!.environment).toEqual({ MYSQL_PASSWORD: "${DB_PASSWORD}" });
  expect(inputs.APP_SEED!.generator).toEqual({ kind: "hex", chars: 64 });
});

test("its scripts are never run: a value that one works out is asked for, and hooks are warned of", () => {
  const { inputs, dropped, rules } = app({
    "exports.sh": 'export APP_MY_APP_SIZE="$(cat /etc/passwd)"\n',
    "hooks/pre-start": "#!/bin/sh\nid",
  }).one();
  expect(inputs.APP_MY_APP_SIZE).toMatchObject({ hidden: false });
  expect(dropped.join()).toMatch(/APP_MY_APP_SIZE is worked out by a script/);
  expect(rules).toContain("shell-hook");
});

test("an app that needs another one of Umbrel's is listed with the reason", () => {
  expect(app({}, "x: 1").get().problem).toBeNull();
  expect(
    read("umbrel", { "a/umbrel-app.yml": manifest().replace("[]", "[bitcoin]"), "a/docker-compose.yml": compose }).get().problem,
  ).toMatch(/bitcoin/);
  expect(
    read("umbrel", {
      "a/umbrel-app.yml": manifest(),
      "a/docker-compose.yml": "services: {w: {image: x, environment: {B: $APP_BITCOIN_NODE_IP}}}",
    }).get().problem,
  ).toMatch(/APP_BITCOIN_NODE_IP/);
});
