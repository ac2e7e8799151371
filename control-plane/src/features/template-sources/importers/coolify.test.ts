import { expect, test } from "vitest";
import { read } from "./reader.ts";

const head =
  "# documentation: https://example.org/docs\n# slogan: Notes for all: and more\n# category: productivity,notes\n# tags: notes, wiki\n# logo: svgs/x.svg\n# port: 3000\n";
const source = (compose: string, more = "") => read("coolify", { "templates/compose/my-app.yaml": `${head}${more}\n${compose}` });
const json = (entry: Record<string, unknown>) =>
  read("coolify", { "service-templates-latest.json": JSON.stringify({ app: { slogan: "An app", tags: null, category: null, ...entry } }) });
const base64 = (text: string) => Buffer.from(text).toString("base64");

test("what stands at the head of a file describes the template; only its first colon ends a key", () => {
  const { template } = source("services:\n  app:\n    image: x/app:1.2").one();
  expect(template).toMatchObject({
    name: "My App",
    version: "1.2",
    description: "Notes for all: and more",
    links: { docs: "https://example.org/docs" },
  });
  expect(template.categories).toContain("notes");
  expect(template.routes).toMatchObject([{ service: "app", port: 3000, primary: true, publishedAs: "HTTP_PORT" }]);
});

test.each([
  ["SERVICE_PASSWORD_DB", { kind: "alnum", length: 32, lower: false }],
  ["SERVICE_PASSWORD_64_DB", { kind: "alnum", length: 64, lower: false }],
  ["SERVICE_PASSWORDWITHSYMBOLS_64_DB", { kind: "symbols", length: 64 }],
  ["SERVICE_USER_DB", { kind: "alnum", length: 16, lower: false }],
  ["SERVICE_LOWERCASEUSER_DB", { kind: "alnum", length: 16, lower: true }],
  ["SERVICE_BASE64_64_KEY", { kind: "alnum", length: 64, lower: false }],
  ["SERVICE_REALBASE64_KEY", { kind: "base64", bytes: 32 }],
  ["SERVICE_REALBASE64_128_KEY", { kind: "base64", bytes: 128 }],
  ["SERVICE_HEX_32_KEY", { kind: "hex", chars: 32 }],
  ["SERVICE_PASSWORD_INFLUXDB_TOKEN", { kind: "alnum", length: 32, lower: false }],
  ["SERVICE_PASSWORD_RI_ENCRYPTION_KEY", { kind: "alnum", length: 32, lower: false }],
  ["SERVICE_BASE64_64_SESSION_SECRET", { kind: "alnum", length: 64, lower: false }],
])("%s makes itself", (name, generator) => {
  const { inputs, services } = source(
    `services:\n  app:\n    image: x:1\n    environment:\n      - A=$${name}\n      - B=\${${name}}`,
  ).one();
  expect(inputs[name]).toMatchObject({ generator, hidden: true });
  expect(services.app!.environment).toEqual({ A: `$${name}`, B: `\${${name}}` });
});

test("a hexadecimal secret without a length is refused, since it is nothing in Coolify either", () => {
  expect(source("services:\n  app:\n    image: x:1\n    environment: [A=$SERVICE_HEX_KEY]").get().problem).toMatch(/SERVICE_HEX_KEY/);
});

test("an address alone in the list declares a route, with a path where it has one, and its variables know the address", () => {
  const { template, inputs, services } = source(
    "services:\n  my-app:\n    image: x:1\n    environment:\n      - SERVICE_URL_MY_APP_8000\n      - HOST=$SERVICE_FQDN_MY_APP\n      - BASE=${SERVICE_URL_MY_APP}\n  api:\n    image: y:1\n    environment:\n      - SERVICE_FQDN_API_9000=/v1",
  ).one();
  expect(template.routes).toMatchObject([
    { service: "my-app", port: 8000, primary: true, publishedAs: "HTTP_PORT" },
    { service: "api", port: 9000, path: "/v1", publishedAs: "API_HTTP_PORT" },
  ]);
  expect(inputs.SERVICE_URL_MY_APP!.generator).toEqual({ kind: "address", form: "url", port: "HTTP_PORT" });
  expect(inputs.SERVICE_FQDN_MY_APP!.generator).toMatchObject({ form: "host", port: "HTTP_PORT" });
  expect(inputs.SERVICE_FQDN_API_9000!.generator).toEqual({ kind: "text", value: "${SERVICE_FQDN_API_9000_ROOT}/v1" });
  expect(services["my-app"]!.ports).toEqual(["${HTTP_PORT}:8000"]);
});

test("Supabase's tokens are signed with the password that has their name", () => {
  const { inputs } = source("services:\n  app:\n    image: x:1\n    environment:\n      - ANON=${SERVICE_SUPABASEANON_KEY}").one();
  expect(inputs.SERVICE_SUPABASEANON_KEY!.generator).toMatchObject({
    kind: "jwt",
    secretRef: "SERVICE_PASSWORD_JWT",
    claims: { role: "anon", iss: "supabase" },
  });
  expect(inputs.SERVICE_PASSWORD_JWT).toBeDefined();
});

test("files that a mount holds are brought, folders become volumes, and words of Coolify's own go", () => {
  const { files, services, volumes } = source(
    "services:\n  app:\n    image: x:1\n    exclude_from_hc: true\n    labels: [traefik.enable=true]\n    volumes:\n      - type: bind\n        source: ./conf/app.ini\n        target: /etc/app.ini\n        content: |\n          a=$b\n      - type: bind\n        source: ./data\n        target: /data\n        is_directory: true\n      - app-db:/db\n",
  ).one();
  expect(files).toMatchObject([{ path: "conf/app.ini", content: "a=$b\n", fill: false }]);
  expect(services.app!.volumes).toEqual(["./conf/app.ini:/etc/app.ini", "data:/data", "app-db:/db"]);
  expect(volumes).toEqual(["data", "app-db"]);
  expect(services.app).not.toHaveProperty("exclude_from_hc");
  expect(services.app).not.toHaveProperty("labels");
});

test("variables with defaults and those that must be given are asked for", () => {
  const { inputs, services } = source(
    "services:\n  app:\n    image: x:1\n    environment:\n      - A=${LEVEL:-info}\n      - B=${MAIL_FROM:?say who sends}\n      - C=${LEVEL}",
  ).one();
  expect(inputs.LEVEL).toMatchObject({ default: "info", required: false });
  expect(inputs.MAIL_FROM).toMatchObject({ required: true, help: "say who sends" });
  expect(services.app!.environment).toEqual({ A: "${LEVEL}", B: "${MAIL_FROM}", C: "${LEVEL}" });
});

test("the built JSON is read too, with its file of variables", () => {
  const compose = base64(
    "services:\n  app:\n    image: x:1\n    environment:\n      - SERVICE_URL_APP\n      - KEY=${KEY}\n    expose: ['8080']",
  );
  const { template, inputs } = json({
    compose,
    envs: base64("KEY=value # why\nPW=$SERVICE_PASSWORD_X\n"),
    documentation: "https://a.example/?utm_source=coolify.io",
    arm_only: true,
  }).one("app");
  expect(template.links.docs).toBe("https://a.example/");
  expect(template).toMatchObject({ arch: ["arm64"], routes: [{ port: 8080 }], categories: ["tools"] });
  expect(inputs.KEY!.default).toBe("value");
});

test("what its authors keep back is listed with the reason, and so is what is no base64", () => {
  expect(source("services: {app: {image: x}}", "# ignore: true").get().problem).toMatch(/keep it back/);
  expect(json({ compose: "%%%" }).get("app").problem).toMatch(/base64/);
});
