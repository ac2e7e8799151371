import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { SourceFormat } from "@appos/shared/template-sources";
import type { TemplateInput } from "@appos/shared/templates";
import { read } from "./reader.ts";

const folder = mkdtempSync(join(tmpdir(), "appos-imports-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const health = 'healthcheck: {test: ["CMD-SHELL", "pg_isready -U $${POSTGRES_USER} -d $${POSTGRES_DB:-x}"], interval: 5s, retries: 3}';
const base64 = (text: string) => Buffer.from(text).toString("base64");
const coolify = `services:
  web-app:
    image: x/web:1
    environment: [SERVICE_URL_WEB_APP_3000, 'DB=postgres://$SERVICE_USER_DB:$SERVICE_PASSWORD_DB@db:5432/\${POSTGRES_DB:-main}', 'LEVEL=\${LEVEL:-in\${X:-fo}}', 'COST=5$$', 'MAIL=\${MAIL:?mail}']
    volumes: [{type: bind, source: ./c.conf, target: /c.conf, content: "a=$b"}, 'data:/data']
    depends_on: {db: {condition: service_healthy}}
    deploy: {resources: {limits: {cpus: "0.5", memory: 50M}}}
  db: {image: postgres:16, environment: {POSTGRES_USER: $SERVICE_USER_DB, POSTGRES_PASSWORD: $SERVICE_PASSWORD_DB, POSTGRES_DB: "\${POSTGRES_DB:-main}"}, ${health}, volumes: ['pg:/var/lib/postgresql/data']}
volumes: {data: null, pg: {external: true}}
`;

const samples: Record<SourceFormat, Record<string, string>> = {
  portainer: {
    "templates.json": JSON.stringify({
      version: "3",
      templates: [
        {
          id: 1,
          type: 1,
          title: "All",
          description: "d",
          image: "a/b:1",
          registry: "ghcr.io",
          command: 'sh -c "echo $HOME ${X}"',
          ports: ["8080:80/tcp", "53/udp", "1000-1002:1000-1002/tcp"],
          volumes: [
            { container: "/a" },
            { container: "/b", bind: "/portainer/b" },
            { container: "/etc/localtime", bind: "/etc/localtime", readonly: true },
          ],
          env: [
            { name: "A.B", label: "x", default: "$1" },
            { name: "C", preset: true, default: "c" },
          ],
          restart_policy: "unless-stopped",
          interactive: true,
          hosts: ["a:1.2.3.4"],
        },
        {
          id: 2,
          type: 3,
          title: "Stack",
          description: "d",
          repository: { url: "https://g.example/x", stackfile: "s.yml" },
          env: [{ name: "PW", label: "pw" }],
        },
      ],
    }),
    "https://g.example/x#s.yml": `version: "3.8"\nservices:\n  db:\n    image: postgres:16\n    ports: [{target: 5432, published: 5432, mode: host}]\n    environment: {POSTGRES_PASSWORD: $PW}\n    networks: {n: {aliases: [database]}}\n    deploy: {mode: global, placement: {constraints: [node.role == manager]}}\n    ${health}\nnetworks: {n: {driver: overlay}}\n`,
  },
  coolify: {
    "service-templates-latest.json": JSON.stringify({
      app: { slogan: "s", compose: base64(coolify), tags: [], envs: base64("KEY=$SERVICE_HEX_32_K") },
    }),
  },
  dokploy: {
    "blueprints/a/docker-compose.yml":
      "services:\n  web:\n    image: x:1\n    ports: [3000]\n    env_file: [.env]\n    volumes: ['../files/a.conf:/a.conf', 'data:/d']\n    environment:\n      - URL=${URL}\n      - BARE\nvolumes: {data: {}}\n",
    "blueprints/a/template.toml":
      '[variables]\nmain_domain = "${domain}"\npw = "${password:32}"\nmix = "a${pw}b$c"\n[config]\nmounts = []\nenv = ["URL=https://${main_domain}", "PW=${pw}", "MIX=${mix}", "BARE=1"]\n[[config.domains]]\nserviceName = "web"\nport = 3_000\nhost = "${main_domain}"\n[[config.mounts]]\nfilePath = "a.conf"\ncontent = "x=${pw} $y"\n',
  },
  websoft9: {
    "apps/w/docker-compose.yml": `services:\n  w:\n    image: $W9_REPO:$W9_VERSION\n    container_name: $W9_ID\n    ports: ['$W9_HTTP_PORT_SET:80']\n    env_file: .env\n    volumes: ['w:/w', './src/a.ini:/a.ini']\n  db:\n    image: mariadb:10.11\n    container_name: $W9_ID-mariadb\n    environment: {MYSQL_ROOT_PASSWORD: $W9_POWER_PASSWORD}\nvolumes: {w: }\nnetworks: {default: {name: $W9_NETWORK, external: true}}\n`,
    "apps/w/.env":
      "W9_REPO=x\nW9_VERSION=1\nW9_POWER_PASSWORD=abc\nW9_HTTP_PORT_SET=9001\nW9_ID=w\nW9_HTTP_PORT=80\nW9_URL=x.example\nW9_NETWORK=websoft9\nDB_HOST=$W9_ID-mariadb\nDB_PW=$W9_POWER_PASSWORD\n",
    "apps/w/variables.json": '{"name":"w","trademark":"W"}',
    "apps/w/src/a.ini": "a",
  },
  runtipi: {
    "apps/r/config.json": JSON.stringify({
      id: "r",
      name: "R",
      version: "1",
      tipi_version: 1,
      port: 8111,
      categories: [],
      form_fields: [{ type: "random", env_variable: "S", label: "S" }],
    }),
    "apps/r/docker-compose.json": JSON.stringify({
      schemaVersion: 2,
      services: [
        {
          name: "r",
          image: "x:1",
          isMain: true,
          internalPort: 80,
          environment: [
            { key: "S", value: "${S}" },
            { key: "U", value: "${APP_PROTOCOL:-http}://${APP_DOMAIN}" },
            { key: "Z", value: "${TZ}" },
          ],
          volumes: [{ hostPath: "${APP_DATA_DIR}/data", containerPath: "/d" }],
          dependsOn: { db: { condition: "service_healthy" } },
          addPorts: [{ containerPort: 53, hostPort: 5353, udp: true }],
          ulimits: { nofile: { soft: 1, hard: 2 } },
        },
        { name: "db", image: "y:1", healthCheck: { test: "true", interval: "5s", retries: 3, startInterval: "1s" } },
      ],
    }),
  },
  caprover: {
    "public/v4/apps/c.yml": JSON.stringify({
      captainVersion: 4,
      services: {
        $$cap_appname: {
          image: "x:$$cap_v",
          environment: { H: "srv-captain--$$cap_appname-db", P: "$$cap_p", D: "$5", U: "http://$$cap_appname.$$cap_root_domain" },
          volumes: ["$$cap_appname-d:/d"],
          depends_on: ["$$cap_appname-db"],
          ports: ["2222:22"],
        },
        "$$cap_appname-db": { image: "y:1", caproverExtra: { notExposeAsWebApp: "true" } },
      },
      caproverOneClickApp: {
        variables: [
          { id: "$$cap_v", label: "v", defaultValue: "1" },
          { id: "$$cap_p", label: "p", defaultValue: "$$cap_gen_random_hex(10)" },
        ],
        instructions: {},
      },
    }),
  },
  casaos: {
    "Apps/C/docker-compose.yml":
      "name: c\nservices:\n  c:\n    image: x:1\n    container_name: c\n    network_mode: bridge\n    restart: unless-stopped\n    ports: [{target: 80, published: '8080', protocol: tcp}, '53:53/udp']\n    environment: {TZ: $TZ, PUID: $PUID, PW: casaos}\n    volumes: [{type: bind, source: /DATA/AppData/$AppID/c, target: /c}, '/DATA/Media:/m']\n    devices: ['/dev/dri:/dev/dri']\n    x-casaos: {envs: []}\n  sub: {image: 'y:1', network_mode: 'container:c'}\nx-casaos: {main: c, port_map: '8080', architectures: [amd64], title: {en_us: C}}\n",
  },
  umbrel: {
    "u/umbrel-app.yml": "id: u\nname: U\nversion: '1'\ncategory: files\ntagline: t\ndependencies: []\nport: 8085\n",
    "u/docker-compose.yml": `version: "3.7"\nservices:\n  app_proxy: {environment: {APP_HOST: u_web_1, APP_PORT: 80}}\n  web:\n    image: x@sha256:${"a".repeat(64)}\n    user: "1000:1000"\n    init: true\n    stop_grace_period: 1m\n    environment: {PW: $APP_PASSWORD, DB: u_db_1, S: "\${APP_SEED}", D: "\${APP_DOMAIN}"}\n    volumes: ["\${APP_DATA_DIR}/data:/data"]\n    networks: {default: {ipv4_address: $APP_U_IP}}\n    depends_on: [db]\n  db: {image: 'y:1', volumes: ["\${APP_DATA_DIR}/data/db:/db"]}\n`,
  },
  "1panel": {
    "apps/p/data.yml": "additionalProperties: {name: P, shortDescEn: d, type: website, architectures: [amd64]}",
    "apps/p/1.0/data.yml": JSON.stringify({
      additionalProperties: {
        formFields: [
          { envKey: "PANEL_APP_PORT_HTTP", type: "number", rule: "paramPort", default: 40001, labelEn: "Port" },
          {
            envKey: "PANEL_DB_TYPE",
            type: "apps",
            default: "postgresql",
            values: [{ label: "P", value: "postgresql" }],
            child: { envKey: "PANEL_DB_HOST" },
          },
          { envKey: "PANEL_DB_USER", type: "text", default: "u" },
          { envKey: "PANEL_DB_USER_PASSWORD", type: "password", default: "p" },
        ],
      },
    }),
    "apps/p/1.0/docker-compose.yml":
      "services:\n  p:\n    image: x:1\n    container_name: ${CONTAINER_NAME}\n    ports: ['${PANEL_APP_PORT_HTTP}:80']\n    networks: [1panel-network]\n    env_file: [./envs/a.env]\n    volumes: ['./data:/d', './conf/a.ini:/a.ini']\n    environment: {H: '${PANEL_DB_HOST}', P: '${PANEL_DB_USER_PASSWORD}'}\nnetworks: {1panel-network: {external: true}}\n",
    "apps/p/1.0/envs/a.env": "Q=1$2\n",
    "apps/p/1.0/conf/a.ini": "a",
  },
};

/** What Compose is given for an input: nothing that it could mistake for something else. */
const valueOf = ({ type, key, default: given }: TemplateInput) =>
  given ?? (type === "port" ? "20001" : type === "number" ? "5" : `v-${key}`);

test.each(Object.entries(samples))("what is made of %s is compose that Compose takes, with every variable known", (format, files) => {
  const { all, one } = read(format as SourceFormat, files);
  expect([...all.values()].flatMap(({ problem }) => problem ?? [])).toEqual([]);
  for (const id of all.keys()) {
    const { template } = one(id);
    const place = join(folder, format, id);
    const put = (path: string, content: string) => {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), content);
    };
    put("compose.yaml", template.compose);
    put(".env", template.inputs.map((input) => `${input.key}='${valueOf(input)}'\n`).join(""));
    for (const { path, content } of template.files) put(path, content);
    const { stdout, stderr, status } = spawnSync("docker", ["compose", "-p", "x", "-f", "compose.yaml", "config", "--format", "json"], {
      cwd: place,
      env: { PATH: process.env.PATH },
      encoding: "utf8",
    });
    expect({ status, stderr, compose: template.compose }).toMatchObject({ status: 0, stderr: "" });
    const model = JSON.parse(stdout) as { services: Record<string, { image?: string; environment?: Record<string, string | null> }> };
    for (const [name, { environment }] of Object.entries(model.services))
      expect(Object.values(environment ?? {}), name).not.toContain(null);
  }
});
