import { expect, test } from "vitest";
import { read } from "./reader.ts";

const app = (compose: string) => read("casaos", { "Apps/My App/docker-compose.yml": compose });
const whole = `name: myapp
services:
  myapp:
    image: x/app:3.1
    container_name: myapp
    network_mode: bridge
    ports:
      - target: 8096
        published: "8097"
        protocol: tcp
      - target: 7359
        published: "7359"
        protocol: udp
    environment:
      TZ: $TZ
      PUID: $PUID
      PGID: \${PGID}
      DB_PASSWORD: casaos
      DB_URL: postgres://u:casaos@db/x
    volumes:
      - type: bind
        source: /DATA/AppData/$AppID/config
        target: /config
      - /DATA/Media:/media
    x-casaos:
      envs: [{container: TZ, description: {en_us: TimeZone}}]
  db:
    image: postgres:16
    environment: [POSTGRES_PASSWORD=casaos]
x-casaos:
  architectures: [amd64, arm64, arm]
  main: myapp
  category: Media
  icon: https://x.example/i.png
  tagline: {de_de: Medien, en_US: Watch things}
  title: {en_us: My App}
  index: /web
  port_map: "8097"
  version: "3.1.2"
  tips: {before_install: {en_us: "Sign in as **admin**"}}
`;

test("what x-casaos says describes the template, in English however that is spelled", () => {
  const { template } = app(whole).one();
  expect(template).toMatchObject({
    name: "My App",
    version: "3.1.2",
    description: "Watch things",
    categories: ["media"],
    arch: ["amd64", "arm64"],
    notes: "Sign in as admin",
  });
  expect(template.routes).toMatchObject([{ service: "myapp", port: 8096, path: "/web", publishedAs: "HTTP_PORT" }]);
});

test("the port of its page is asked for, others stay, and its own words go", () => {
  const { services, inputs, model, dropped } = app(whole).one();
  expect(services.myapp!.ports).toEqual([{ target: 7359, published: "7359", protocol: "udp" }, "${HTTP_PORT}:8096"]);
  expect(inputs.HTTP_PORT!.generator).toEqual({ kind: "port", from: 8097 });
  expect(inputs.TZ).toMatchObject({ type: "timezone", default: "Etc/UTC" });
  expect(inputs.PUID).toMatchObject({ default: "1000" });
  expect(JSON.stringify(model)).not.toMatch(/casaos|container_name|network_mode/);
  expect(services.myapp!.volumes).toEqual(["data-config:/config", "data-media:/media"]);
  expect(dropped.join()).toMatch(/The folder \/DATA\/Media, which the apps of CasaOS share/);
});

test("a password that stands in the template becomes one of the app's own, the same wherever it stood", () => {
  const { services, inputs } = app(whole).one();
  expect(services.myapp!.environment).toMatchObject({ DB_PASSWORD: "${DB_PASSWORD}", DB_URL: "postgres://u:${DB_PASSWORD}@db/x" });
  expect(services.db!.environment).toEqual({ POSTGRES_PASSWORD: "${DB_PASSWORD}" });
  expect(inputs.DB_PASSWORD).toMatchObject({ secret: true, generator: { kind: "alnum", length: 24 } });
});

test("an app for another processor is listed with the reason", () => {
  expect(app("name: a\nservices: {a: {image: 'x:1'}}\nx-casaos: {architectures: [arm], main: a}").get().problem).toMatch(
    /runs on arm only/,
  );
});
