import { expect, test } from "vitest";
import { read } from "./reader.ts";

const env = `W9_REPO=wordpress
W9_DIST=community
W9_VERSION=6.5
W9_POWER_PASSWORD="Xy1234567"
W9_HTTP_PORT_SET=9001
W9_LOGIN_EMAIL_SET=a@b.c
# ---- do not change ----
W9_ID=wordpress
W9_HTTP_PORT=80
W9_LOGIN_PASSWORD=$W9_POWER_PASSWORD
W9_URL=appname.example.com
W9_URL_REPLACE=true
W9_NETWORK=websoft9
WORDPRESS_DB_HOST=$W9_ID-mariadb
WORDPRESS_DB_PASSWORD=$W9_POWER_PASSWORD
`;
const compose = `services:
  wordpress:
    image: $W9_REPO:$W9_VERSION
    container_name: $W9_ID
    ports: ["$W9_HTTP_PORT_SET:80"]
    env_file: .env
    volumes: ["./src/php.ini:/etc/php.ini", "wordpress:/var/www/html"]
    depends_on: [init]
  db:
    image: mariadb:10.11
    container_name: $W9_ID-mariadb
    environment: [MYSQL_ROOT_PASSWORD=$W9_POWER_PASSWORD]
  init:
    image: docker:cli
    volumes: ["/var/run/docker.sock:/var/run/docker.sock", "./src/init.sh:/init.sh"]
    command: sh /init.sh
volumes: {wordpress: }
networks: {default: {name: $W9_NETWORK, external: true}}
`;
const variables = {
  name: "wordpress",
  trademark: "WordPress",
  release: true,
  version: "6.5",
  cpu2: "2",
  requirements: { cpu: "1", memory: "2", disk: "5", url: "https://w.example/r" },
};
const app = (files: Record<string, string> = {}) =>
  read(
    "websoft9",
    Object.fromEntries(
      Object.entries({
        "docker-compose.yml": compose,
        ".env": env,
        "variables.json": JSON.stringify(variables),
        "src/php.ini": "x=1",
        "src/init.sh": "id",
        "src/after_up.sh": "id",
        ...files,
      }).map(([path, text]) => [`apps/wordpress/${path}`, text]),
    ),
  );

test("what its .env says may be chosen is asked for, its password is made anew, and the rest stays fixed", () => {
  const { template, inputs, services } = app().one();
  expect(template).toMatchObject({ name: "WordPress", version: "6.5", requirements: { memoryMiB: 2048 } });
  expect(services.wordpress!.image).toBe("wordpress:6.5");
  expect(inputs.W9_POWER_PASSWORD).toMatchObject({ secret: true, hidden: false, generator: { kind: "alnum", length: 20 } });
  expect(inputs.W9_LOGIN_PASSWORD).toMatchObject({
    hidden: true,
    secret: true,
    generator: { kind: "text", value: "${W9_POWER_PASSWORD}" },
  });
  expect(inputs.W9_LOGIN_EMAIL_SET).toMatchObject({ hidden: false, default: "a@b.c" });
  expect(inputs.W9_URL!.generator).toEqual({ kind: "address", form: "host-port", port: "W9_HTTP_PORT_SET" });
});

test("its page is reached by the port that may be chosen", () => {
  const { template, services, inputs } = app().one();
  expect(template.routes).toMatchObject([{ service: "wordpress", port: 80, publishedAs: "W9_HTTP_PORT_SET" }]);
  expect(services.wordpress!.ports).toEqual(["${W9_HTTP_PORT_SET}:80"]);
  expect(inputs.W9_HTTP_PORT_SET).toMatchObject({ type: "port", generator: { kind: "port", from: 9001 } });
});

test("the file of variables gives a service all of them, and names of containers stay known", () => {
  const { services, inputs } = app().one();
  expect(services.wordpress!.environment).toMatchObject({ WORDPRESS_DB_HOST: "${WORDPRESS_DB_HOST}", W9_URL: "${W9_URL}" });
  expect(inputs.WORDPRESS_DB_HOST!.default).toBe("wordpress-mariadb");
  expect(services.db!.networks).toEqual({ default: { aliases: ["wordpress-mariadb"] } });
});

test("a service that commands Docker to run a script is left out and warned of, and so are scripts for after the start", () => {
  const { services, dropped, rules, files } = app().one();
  expect(Object.keys(services)).toEqual(["wordpress", "db"]);
  expect(services.wordpress!.depends_on).toEqual([]);
  expect(dropped.join()).toMatch(/init was left out: it commands Docker/);
  expect(rules).toContain("shell-hook");
  expect(rules).not.toContain("docker-socket");
  expect(files.map(({ path }) => path)).toEqual(["src/php.ini"]);
});

test("files of before say APP in the place of W9", () => {
  const old = {
    ".env": "APP_NAME=a\nAPP_VERSION=1.0\nAPP_PASSWORD=x\nAPP_HTTP_PORT=9001\nAPP_NETWORK=websoft9\n",
    "docker-compose.yml":
      "services:\n  a:\n    image: x:${APP_VERSION}\n    ports: ['${APP_HTTP_PORT}:8080']\n    environment: {PASSWORD: $APP_PASSWORD}\n",
  };
  const { services, inputs, template } = app(old).one();
  expect(services.a!.image).toBe("x:1.0");
  expect(template.routes).toMatchObject([{ port: 8080, publishedAs: "APP_HTTP_PORT" }]);
  expect(inputs.APP_PASSWORD).toMatchObject({ secret: true });
});
