import { expect, test } from "vitest";
import { read } from "./reader.ts";

const app = (services: object, variables: object[] = [], more: object = {}) =>
  read("caprover", {
    "public/v4/apps/my-app.yml": JSON.stringify({
      captainVersion: 4,
      services,
      caproverOneClickApp: {
        variables,
        instructions: { start: "It is an app.", end: "Open http://$$cap_appname.$$cap_root_domain" },
        displayName: "My App",
        isOfficial: true,
        ...more,
      },
    }),
  });

test("variables become inputs, the name of the app its own, and other services are known by their names", () => {
  const { template, services, inputs, volumes } = app(
    {
      $$cap_appname: {
        image: "x/app:$$cap_version",
        environment: {
          DB_HOST: "srv-captain--$$cap_appname-db",
          PW: "$$cap_pw",
          COST: "$5",
          URL: "http://$$cap_appname.$$cap_root_domain",
        },
        volumes: ["$$cap_appname-data:/data"],
        depends_on: ["$$cap_appname-db"],
        caproverExtra: { containerHttpPort: "3000" },
      },
      "$$cap_appname-db": {
        image: "postgres:16",
        environment: { POSTGRES_PASSWORD: "$$cap_pw" },
        caproverExtra: { notExposeAsWebApp: "true" },
      },
    },
    [
      { id: "$$cap_version", label: "Version", defaultValue: "2.1", validRegex: "/^([^\\s^\\/])+$/" },
      { id: "$$cap_pw", label: "Password", defaultValue: "$$cap_gen_random_hex(20)", validRegex: "/.{8,}/" },
    ],
  ).one();
  expect(template).toMatchObject({
    name: "My App",
    description: "It is an app.",
    version: "2.1",
    notes: "Open http://<appname>.<root domain>",
  });
  expect(services["my-app"]).toMatchObject({
    image: "x/app:${CAP_VERSION}",
    restart: "always",
    environment: { DB_HOST: "my-app-db", PW: "${CAP_PW}", COST: "$$5" },
    depends_on: ["my-app-db"],
    volumes: ["my-app-data:/data"],
  });
  expect(inputs.CAP_PW).toMatchObject({ generator: { kind: "hex", chars: 20 }, secret: true, pattern: ".{8,}" });
  expect(inputs.CAP_VERSION).not.toHaveProperty("pattern");
  expect(inputs.CAP_ROOT_DOMAIN!.generator).toMatchObject({ kind: "address", form: "host" });
  expect(template.routes).toMatchObject([{ service: "my-app", port: 3000, publishedAs: "HTTP_PORT" }]);
  expect(volumes).toEqual(["my-app-data"]);
});

test("without a port a service is reached at 80", () => {
  expect(app({ $$cap_appname: { image: "x:1" } }).one().template.routes).toMatchObject([{ port: 80 }]);
});

test("a Dockerfile that only names an image is that image, and any other cannot be installed", () => {
  const lines = (dockerfileLines: string[]) => app({ $$cap_appname: { caproverExtra: { dockerfileLines } } });
  expect(lines(["FROM x/y:1"]).one().services["my-app"]!.image).toBe("x/y:1");
  expect(lines(["FROM x/y:1", "RUN a"]).get().problem).toMatch(/built from a Dockerfile/);
});

test("what CapRover takes no notice of is left out and said; a variable that is not defined and another version are refused", () => {
  expect(
    app({ $$cap_appname: { image: "x:1", privileged: true } })
      .one()
      .dropped.join(),
  ).toMatch(/privileged of the service my-app/);
  expect(app({ $$cap_appname: { image: "x:$$cap_nowhere" } }).get().problem).toMatch(/\$\$cap_nowhere/);
  expect(read("caprover", { "public/v4/apps/a.yml": "captainVersion: 2\nservices: {}" }).get().problem).toMatch(/version 4/i);
});
