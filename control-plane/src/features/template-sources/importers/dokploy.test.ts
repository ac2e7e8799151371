import { expect, test } from "vitest";
import { read } from "./reader.ts";

const compose = "services:\n  web:\n    image: x/web:1\n    ports:\n      - 3000\n    environment:\n      URL: ${URL}\n      PW: ${PW}\n";
const blueprint = (toml: string, yaml = compose, more: Record<string, string> = {}) =>
  read("dokploy", {
    "blueprints/app/docker-compose.yml": yaml,
    "blueprints/app/template.toml": toml,
    "blueprints/app/meta.json": JSON.stringify({
      id: "app",
      name: "App",
      version: "1.4",
      description: "An app",
      links: { github: "https://g.example/x" },
      tags: ["monitoring"],
    }),
    ...more,
  });
const domain = '[[config.domains]]\nserviceName = "web"\nport = 3_000\nhost = "${main_domain}"\n';

test("variables and helpers become inputs that make themselves; env may be a table", () => {
  const { template, inputs, services } = blueprint(
    `[variables]\nmain_domain = "\${domain}"\npw = "\${password:32}"\n[config]\n${domain}[config.env]\nURL = "https://\${main_domain}/x"\nPW = "\${pw}"\nN = 5\n`,
  ).one();
  expect(template).toMatchObject({ name: "App", version: "1.4", categories: ["monitoring"], links: { source: "https://g.example/x" } });
  expect(template.routes).toMatchObject([{ service: "web", port: 3000, publishedAs: "HTTP_PORT", primary: true }]);
  expect(services.web!.ports).toEqual(["${HTTP_PORT}:3000"]);
  expect(inputs.PW).toMatchObject({ generator: { kind: "text", value: "${PW_2}" }, secret: true });
  expect(inputs.PW_2).toMatchObject({ generator: { kind: "alnum", length: 32, lower: true } });
  expect(inputs.URL!.generator).toEqual({ kind: "text", value: "${MAIN_DOMAIN_URL}/x" });
  expect(inputs.MAIN_DOMAIN_URL!.generator).toEqual({ kind: "address", form: "url", port: "HTTP_PORT" });
});

test("env may be a list of lines and of tables, and stand among the domains", () => {
  const list = blueprint('[config]\nenv = ["URL=a=b", "PW=${hash:12}", { key = "X", value = "y" }]\n').one();
  expect(list.inputs.URL!.default).toBe("a=b");
  expect(list.inputs.PW!.generator).toMatchObject({ kind: "text", value: "${PW_MADE}" });
  expect(list.inputs.PW_MADE!.generator).toEqual({ kind: "hex", chars: 12 });
  const inDomains = blueprint(`[config]\n${domain}[config.domains.env]\nURL = "u"\n`).one();
  expect(inDomains.inputs.URL!.default).toBe("u");
});

test.each([
  ["base64:24", { kind: "base64", bytes: 24 }],
  ["uuid", { kind: "uuid" }],
  ["randomPort", { kind: "port", from: 20_000 }],
  ["email", { kind: "email" }],
  ["username", { kind: "username" }],
  ["timestampms", { kind: "timestamp", unit: "milliseconds" }],
  ["timestamps", { kind: "timestamp", unit: "seconds" }],
  ["jwt:32", { kind: "hex", chars: 64 }],
  ["jwt", { kind: "jwt", alg: "HS256", secretRef: "K_SIGNED_WITH", claims: { iss: "dokploy", exp: 1_893_456_000 } }],
])("the helper %s", (helper, generator) => {
  const { inputs } = blueprint(`[variables]\nk = "\${${helper}}"\n[config.env]\nPW = "\${k}"\n`).one();
  expect(inputs.K!.generator).toEqual(generator);
});

test("a token is signed with the variable that it names, and says what another holds", () => {
  const { inputs } = blueprint(
    '[variables]\nsecret = "${password:40}"\npayload = \'{"role":"anon","iss":"me"}\'\nk = "${jwt:secret:payload}"\n[config.env]\nPW = "${k}"\n',
  ).one();
  expect(inputs.K!.generator).toMatchObject({ kind: "jwt", secretRef: "SECRET", claims: { role: "anon", iss: "me" } });
});

test("a moment that is named is that moment", () => {
  const { inputs } = blueprint('[variables]\nk = "${timestamps:2030-01-01T00:00:00Z}"\n[config.env]\nPW = "${k}"\n').one();
  expect(inputs.K!.default).toBe("1893456000");
});

test("mounts are files beside the app, filled with the same values; keys that Dokploy ignores are ignored", () => {
  const toml =
    '[variables]\npw = "${password}"\n[[config.mounts]]\nfilePath = "/conf/a.conf"\ncontent = """pw=${pw}\ncost=$5 ${HOME}"""\nserviceName = "web"\ntype = "file"\n';
  const { files, services, inputs } = blueprint(
    toml,
    "services:\n  web:\n    image: x:1\n    volumes:\n      - ../files/conf/a.conf:/etc/a.conf\n      - ../files/data:/data\n",
  ).one();
  expect(files).toMatchObject([{ path: "files/conf/a.conf", content: "pw=${PW}\ncost=$$5 $${HOME}", fill: true }]);
  expect(inputs.PW).toBeDefined();
  expect(services.web!.volumes).toEqual(["./files/conf/a.conf:/etc/a.conf", "files-data:/data"]);
});

test("a list that is empty and gets entries further on, and backslashes that escape nothing, are read for what they mean", () => {
  const twice = blueprint(
    '[config]\nmounts = []\n[[config.mounts]]\nfilePath = "a.txt"\ncontent = "x"\n',
    "services: {web: {image: 'x:1', volumes: ['../files/a.txt:/a.txt']}}",
  ).one();
  expect(twice.files).toHaveLength(1);
  expect(twice.dropped.join()).toMatch(/not quite TOML/);
  const escapes = blueprint('[config.env]\nURL = "^\\d+\\.$"\n').one();
  expect(escapes.inputs.URL!).toMatchObject({ generator: { value: "^\\d+\\.$$" } });
});

test("a helper that nobody knows, a variable that refers to itself, and TOML beyond repair are refused by name", () => {
  expect(blueprint('[config.env]\nPW = "${passwords:3}"\n').get().problem).toMatch(/passwords:3/);
  expect(blueprint('[variables]\na = "${b}"\nb = "${a}"\n[config.env]\nPW = "${a}"\n').get().problem).toMatch(/refers to itself/);
  expect(blueprint("[config\n").get().problem).toMatch(/not TOML/);
});

test("what is listed in meta.json and not there is listed with the reason", () => {
  const all = read("dokploy", { "meta.json": JSON.stringify([{ id: "gone", name: "Gone", tags: [] }]) });
  expect(all.get("gone")).toMatchObject({ name: "Gone", problem: expect.stringMatching(/docker-compose.yml/) });
});
