import { expect, test } from "vitest";
import { parse } from "yaml";
import { lintCompose, type LintOptions } from "./compose-lint.ts";

const ids = (yaml: string, options?: LintOptions) =>
  lintCompose(parse(yaml, { merge: true }), options)
    .filter(({ level }) => level !== "note")
    .map(({ id }) => id);
/** One service, with the lines of its definition. */
const web = (...lines: string[]) => `services:\n  web:\n    image: nginx:1.27.3\n${lines.map((line) => `    ${line}\n`).join("")}`;

test("what gives a service the server is said, by the service's name", () => {
  expect(ids(web("privileged: true"))).toEqual(["privileged:web"]);
  expect(ids(web("cap_add: [NET_ADMIN, CAP_SYS_ADMIN]"))).toEqual(["privileged:web:SYS_ADMIN"]);
  expect(ids(web("pid: host"))).toEqual(["privileged:web:pid"]);
  expect(ids(web("network_mode: host"))).toEqual(["host-network:web"]);
  expect(ids(web("use_api_socket: true"))).toEqual(["docker-socket:web"]);
  expect(ids(web("volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']"))).toEqual(["docker-socket:web"]);
  expect(ids(web("volumes: ['${SOCKET:-/run/docker.sock}:/var/run/docker.sock']"))).toEqual(["docker-socket:web"]);
  expect(ids(web("volumes: ['/:/host:ro']"))).toEqual(["docker-socket:web", "host-path:web:/"]);
});

test("folders of the server are told from the app's own and from volumes", () => {
  const paths = [
    "/srv/media:/media",
    "./data:/data",
    "~/keys:/keys",
    "../other:/other",
    "cache:/cache",
    "./a/../b:/b",
    "/etc/localtime:/etc/localtime:ro",
  ];
  expect(ids(web(`volumes: ${JSON.stringify(paths)}`))).toEqual([
    "host-path:web:/srv/media",
    "host-path:web:~/keys",
    "host-path:web:../other",
  ]);
  expect(ids(web("volumes: ['${UPLOADS}:/uploads', '${DATA:-./data}:/data', '${MEDIA:-/mnt/media}:/m']"))).toEqual([
    "host-path:web:/mnt/media",
  ]);
  const resolved = web("volumes: [{type: bind, source: /apps/blog/data, target: /data}, {type: bind, source: /apps/blog2, target: /x}]");
  expect(ids(resolved, { folder: "/apps/blog" })).toEqual(["host-path:web:/apps/blog2"]);
});

test("a volume that is but another word for a folder of the server is a folder of the server", () => {
  const volumes = "volumes: {media: {driver: local, driver_opts: {type: none, o: bind, device: /srv/media}}}";
  expect(ids(`${web("volumes: ['media:/media']")}${volumes}`)).toEqual(["host-path:web:/srv/media"]);
});

test("data in a volume without a name is said, a tmpfs is not", () => {
  expect(ids(web("volumes: [/data, {type: volume, target: /more}, {type: tmpfs, target: /tmp}]"))).toEqual([
    "anonymous-volume:web:/data",
    "anonymous-volume:web:/more",
  ]);
});

test.each([
  ["nginx", true],
  ["nginx:latest", true],
  ["nginx:alpine", true],
  ["ghcr.io/immich-app/immich-server:release", true],
  ["registry.example:5000/team/app", true],
  ["jenkins/jenkins:lts-jdk21", false],
  ["debian:bookworm-slim", false],
  ["registry.example:5000/team/app:1.2", false],
  ["nginx:latest@sha256:abc", false],
  ["${IMAGE}", false],
  ["nginx:${TAG:-latest}", true],
])("the image %s drifts: %s", (image, drifting) => {
  expect(ids(`services: {web: {image: "${image}"}}`)).toEqual(drifting ? ["latest-tag:web"] : []);
});

test.each([
  ["MYSQL_PASSWORD", "hunter2", true],
  ["dbPassword", "hunter2", true],
  ["POSTGRES_PASSWORD", "12345678", true],
  ["DATABASE_URL", "postgres://app:hunter2@db:5432/app", true],
  ["SECRET_KEY_BASE", "f00d", true],
  ["MYSQL_PASSWORD", "${DB_PASSWORD}", false],
  ["MYSQL_PASSWORD", "${DB_PASSWORD:?set it}", false],
  ["MYSQL_PASSWORD", "${DB_PASSWORD:-hunter2}", false],
  ["DATABASE_URL", "postgres://app:${DB_PASSWORD}@db/app", false],
  ["DATABASE_URL", "postgres://db/app", false],
  ["MYSQL_PASSWORD_FILE", "/run/secrets/db", false],
  ["MYSQL_ALLOW_EMPTY_PASSWORD", "yes", false],
  ["MYSQL_RANDOM_ROOT_PASSWORD", "1", false],
  ["TOKEN_LIFETIME", "3600", false],
  ["PASSWORD_MIN_LENGTH", "12", false],
  ["DISABLE_TOKEN", "true", false],
  ["SSL_PRIVATE_KEY", "/certs/key.pem", false],
  ["COMPASS", "north", false],
  ["MYSQL_PASSWORD", "", false],
])("%s: %s is a literal secret: %s", (key, value, secret) => {
  expect(ids(web("environment:", `  ${key}: ${JSON.stringify(value)}`))).toEqual(secret ? [`literal-secret:web:${key}`] : []);
  expect(ids(web("environment:", `  - ${JSON.stringify(`${key}=${value}`)}`))).toEqual(secret ? [`literal-secret:web:${key}`] : []);
});

test("a secret of a command is one as well, and one that a service inherits", () => {
  expect(ids(web("command: redis-server --requirepass hunter2"))).toEqual(["literal-secret:web:command"]);
  expect(ids(web("command: [redis-server, --requirepass, $REDIS_PASSWORD]"))).toEqual([]);
  const file = "x-db: &db {DB_PASSWORD: hunter2}\nservices: {web: {image: 'a:1', environment: {<<: *db}}, other: {extends: web}}";
  expect(ids(file)).toEqual(["literal-secret:web:DB_PASSWORD", "literal-secret:other:DB_PASSWORD"]);
});

test("in a resolved model, what came out of a variable is no literal; a default that nothing replaces is", () => {
  const source = parse(web("environment: {A_PASSWORD: '${A}', B_PASSWORD: '${B:-hunter2}', C_PASSWORD: '${C:-hunter2}'}")) as unknown;
  const resolved = web("environment: {A_PASSWORD: one, B_PASSWORD: hunter2, C_PASSWORD: three}");
  expect(ids(resolved, { source, variables: new Set(["A", "C"]) })).toEqual(["literal-secret:web:B_PASSWORD"]);
});

test("notes say what nobody has to act on", () => {
  const notes = (yaml: string) => lintCompose(parse(yaml)).map(({ id }) => id);
  expect(notes(web())).toEqual(["no-digest:web", "no-healthcheck:web"]);
  expect(notes("services: {web: {image: 'a@sha256:1', healthcheck: {test: curl localhost}}}")).toEqual([]);
  expect(notes("services: {web: {image: 'a@sha256:1', healthcheck: {test: [NONE]}}}")).toEqual(["no-healthcheck:web"]);
  expect(notes("services: {setup: {image: 'a@sha256:1', restart: 'no'}}")).toEqual([]);
});

test("what is no compose model has no dangers, and breaks nothing", () => {
  for (const odd of [
    null,
    5,
    "services",
    [],
    { services: [] },
    { services: { web: null } },
    { services: { web: { volumes: [5, null], environment: [7] } } },
  ])
    expect(
      lintCompose(odd).filter(({ level }) => level !== "note"),
      JSON.stringify(odd),
    ).toEqual([]);
});
