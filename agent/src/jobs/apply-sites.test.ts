import { afterEach, expect, test } from "vitest";
import { jobKinds } from "@appos/shared/jobs";
import { fakeMachine } from "../machine/fake-machine.ts";
import { newContainer } from "../machine/fake-compose.ts";
import { CommandFailed, type Visit } from "../machine/machine.ts";
import { runJob } from "../run-job.ts";
import { voice } from "../voice.ts";

const FOLDER = "/var/lib/appos/proxy";
const CONFIG = `${FOLDER}/config/config.json`;
const listener = globalThis as { apposFailpoint?: ((name: string) => void) | undefined };
afterEach(() => void (listener.apposFailpoint = undefined));

/** A server with an app and a proxy that serves what it was last told to, as far as `breaks` lets it. */
function world() {
  const server = fakeMachine();
  server.images.add("caddy:2");
  const web = newContainer("web", "appos-blog", "web", { image: "x", labels: { "appos.app": "app_blog" } });
  web.status.state = "running";
  server.containers.push(web);
  let loaded = "";
  const accepted = new Set<string>();
  const told: string[][] = [];
  const it = { takes: (_: string) => true, serves: (_: Visit, __: string) => true };
  server.onStart = () => void (loaded = server.files.get(CONFIG) ?? "");
  server.onInside = (_, command) => {
    told.push([...command]);
    const file = `${FOLDER}/config/${command
      .find((word) => word.endsWith(".json"))!
      .split("/")
      .at(-1)}`;
    const text = server.files.get(file)!;
    if (!it.takes(text)) throw new CommandFailed("caddy ended with exit code 1", 1, ["", "Error: that is no configuration"]);
    if (command[1] === "validate") accepted.add(text);
    else loaded = text;
    return [];
  };
  server.onVisit = (site) => ({
    status: loaded.includes(site.name) && it.serves(site, loaded) ? 200 : loaded ? 404 : null,
    certificate: null,
  });
  const apply = (names: string[], more: object = {}, authority: object = {}) => {
    const sites = names.map((name) => ({ name, https: "off", routes: [{ app: "blog", service: "web", port: 80 }], ...more }));
    const input = jobKinds["apply-sites"].input.parse({ acme: { directory: "https://acme.test/dir", ...authority }, sites });
    return runJob("apply-sites", input, {
      machine: server.machine,
      say: voice(() => undefined),
      signal: new AbortController().signal,
      attempt: 1,
    });
  };
  return Object.assign(it, { server, apply, told, accepted, loaded: () => loaded, config: () => server.files.get(CONFIG)! });
}

test("what the checker does not take never comes to the place of what serves", async () => {
  const it = world();
  expect(await it.apply(["a.test"])).toMatchObject({ outcome: "succeeded", result: { sites: [{ name: "a.test", status: 200 }] } });
  const before = it.config();
  it.takes = (text) => !text.includes("b.test");
  expect(await it.apply(["a.test", "b.test"])).toMatchObject({
    outcome: "failed",
    error: {
      code: "PROXY_REFUSED",
      message: expect.stringContaining("It said: Error: that is no configuration"),
      details: { step: "apply" },
    },
  });
  expect(it.config()).toBe(before);
  expect(it.loaded()).toBe(before);
  expect(it.server.files.has(`${FOLDER}/config/next.json`)).toBe(false);
});

test("where a site that answered does not any more, the one before is put back, and so is its order", async () => {
  const it = world();
  await it.apply(["a.test"]);
  const before = it.config();
  it.serves = (_, text) => !text.includes("b.test");
  it.server.onVisit = (site) => ({ status: it.loaded().includes("b.test") ? null : site.name === "a.test" ? 200 : 404, certificate: null });
  const ending = await it.apply(["a.test", "b.test"]);
  expect(ending).toMatchObject({ outcome: "failed", error: { code: "PROXY_REFUSED", message: expect.stringContaining("a.test") } });
  expect(it.config()).toBe(before);
  expect(it.loaded()).toBe(before);
  expect(JSON.parse(it.server.files.get(`${FOLDER}/model.json`)!).sites).toHaveLength(1);
});

test("killed at any moment, the file that a proxy would start by is one that its checker has taken", async () => {
  const it = world();
  await it.apply(["a.test"]);
  it.accepted.add(it.config());
  const passed: string[] = [];
  listener.apposFailpoint = (name) => {
    passed.push(name);
    expect(it.accepted, name).toContain(it.config());
  };
  await it.apply(["a.test", "b.test"]);
  it.serves = (_, text) => !text.includes("c.test");
  it.server.onVisit = () => ({ status: it.loaded().includes("c.test") ? null : 200, certificate: null });
  await it.apply(["a.test", "b.test", "c.test"]);
  expect(passed).toContain("agent: the proxy configuration is in its place");
  expect(passed).toContain("agent: the last good proxy configuration is in its place");
});

test("roots that nobody can read do not come in the way of those that serve, and old ones go", async () => {
  const it = world();
  const apply = (roots: string) => it.apply(["a.test"], { https: "acme" }, { roots });
  const rootsFiles = () => [...it.server.files.keys()].filter((path) => path.includes("acme-roots-"));
  await apply("first");
  const [first] = rootsFiles();
  it.takes = (text) => text.includes(first!.split("/").at(-1)!);
  expect(await apply("no certificate")).toMatchObject({ outcome: "failed" });
  expect(it.server.files.get(first!)).toBe("first");
  it.takes = () => true;
  expect(await apply("second")).toMatchObject({ outcome: "succeeded" });
  expect(rootsFiles().map((path) => it.server.files.get(path))).toEqual(["second"]);
});

test("a service without containers has none to send requests to, and the proxy joins the networks of those that have", async () => {
  const it = world();
  await it.apply(["a.test"], {
    routes: [
      { app: "blog", service: "web", port: 80 },
      { path: "/x", app: "gone", service: "web", port: 80 },
    ],
  });
  const config = it.config();
  expect(config).toContain('"dial": "appos-blog-web-1.appos-blog_default:80"');
  it.server.containers.push(newContainer("next", "appos-blog", "web", { image: "y", labels: { "appos.app": "app_blog" } }));
  it.server.containers.at(-1)!.status.container = "0123456789ab_appos-blog-web-1";
  await it.apply(["a.test"]);
  // Where the next one goes is the only other one: not the name that it will not keep.
  expect(it.config().match(/appos-blog-web[^.]*/g)).toEqual(["appos-blog-web-1-b", "appos-blog-web-1"]);
  const networks = () => it.server.containers.find(({ project }) => project === "appos_proxy")!.networks;
  expect(networks()).toContain("appos-blog_default");
  await it.apply(["a.test"], { routes: [{ app: "gone", service: "web", port: 80 }] });
  expect(networks()).not.toContain("appos-blog_default");
});

test("a server whose owner allows other registries only is asked for no proxy", async () => {
  const it = world();
  it.server.policy = "registries: {only: [ghcr.io]}";
  expect(await it.apply(["a.test"])).toMatchObject({
    outcome: "failed",
    error: {
      code: "POLICY_REFUSED",
      message: expect.stringContaining("The proxy uses the image caddy:2 from docker.io"),
      details: { rule: "registries" },
    },
  });
  expect(await it.apply([])).toMatchObject({ outcome: "succeeded" });
});

test("a proxy that is as it was made is told, and made anew only where it is another", async () => {
  const it = world();
  const makes = async (names: string[]) => {
    it.server.commands.splice(0);
    expect(await it.apply(names)).toMatchObject({ outcome: "succeeded" });
    return it.server.commands.some((command) => / up /.test(command));
  };
  expect(await makes(["a.test"])).toBe(true);
  expect(await makes(["a.test", "b.test"])).toBe(false);
  const proxy = it.server.containers.find(({ project }) => project === "appos_proxy")!;
  proxy.configHash = "of somebody else";
  expect(await makes(["a.test"])).toBe(true);
  it.server.containers.splice(it.server.containers.indexOf(proxy), 1);
  expect(await makes(["a.test"])).toBe(true);
});
