import { afterEach, expect, test } from "vitest";
import { jobKinds } from "@appos/shared/jobs";
import { goBackFirst } from "../jobs/apply-sites.ts";
import { silence } from "../jobs/job.ts";
import { newContainer } from "../machine/fake-compose.ts";
import { fakeMachine } from "../machine/fake-machine.ts";
import { runJob } from "../run-job.ts";
import { voice } from "../voice.ts";

const FOLDER = "/var/lib/appos/proxy";
const NOTE = `${FOLDER}/unconfirmed.json`;
const listener = globalThis as { apposFailpoint?: ((name: string) => void) | undefined };
afterEach(() => void (listener.apposFailpoint = undefined));

/** A server whose proxy serves what it was last told to. What it serves decides who can be reached: see `cuts`. */
function world() {
  const server = fakeMachine();
  const { machine } = server;
  for (const image of ["caddy:2", "nginx:1"]) server.images.add(image);
  const web = newContainer("web", "appos-blog", "web", { image: "x", labels: { "appos.app": "app_blog" } });
  web.status.state = "running";
  server.containers.push(web);
  const it = { link: (_: string) => true, console: (_: string) => true };
  let loaded = "";
  const fileOf = () => (server.files.get(`${FOLDER}/compose.yaml`)?.includes("nginx") ? "nginx.conf" : "config.json");
  const load = () => void (loaded = server.files.get(`${FOLDER}/config/${fileOf()}`) ?? "");
  server.onStart = load;
  server.onInside = (_, command) => (command.some((word) => ["validate", "-t"].includes(word)) || load(), []);
  server.onRun = (command) => void (command.includes("down") && (loaded = ""));
  server.onReach = () => it.link(loaded);
  server.onVisit = ({ path, name }) => {
    if (loaded === "") return { status: null, certificate: null };
    const status = path === "/api/health" && name === "appos.test" ? (it.console(loaded) ? 200 : 502) : 204;
    return { status, certificate: null };
  };
  const site = (name: string) => ({ name, https: "off", routes: [{ app: "blog", service: "web", port: 80 }] });
  const own = { name: "appos.test", https: "acme", console: true, routes: [] };
  const apply = (names: string[], more: { driver?: string; console?: boolean } = {}) => {
    const sites = [...(more.console ? [own] : []), ...names.map(site)];
    const input = jobKinds["apply-sites"].input.parse({ driver: more.driver, acme: { directory: "https://acme.test/dir" }, sites });
    const say = voice(() => undefined);
    return runJob("apply-sites", input, { machine, say, signal: new AbortController().signal, attempt: 1 });
  };
  /** The agent comes back. */
  const returns = () => goBackFirst({ machine, signal: new AbortController().signal, say: silence, attempt: 1 });
  const model = () => {
    const text = server.files.get(`${FOLDER}/model.json`);
    return text === undefined ? undefined : (JSON.parse(text) as { driver: string; sites: { name: string }[] });
  };
  return Object.assign(it, { server, machine, apply, returns, model, loaded: () => loaded, fileOf });
}
const undone = (words: string) => ({
  outcome: "failed",
  error: { code: "PROXY_REFUSED", message: expect.stringContaining(words), details: { step: "confirm" } },
});

test("a change after which the control plane cannot be reached is undone, within a minute of it", async () => {
  const it = world();
  await it.apply(["a.test"]);
  const before = it.loaded();
  it.link = (text) => !text.includes("b.test");
  const began = it.machine.now();
  expect(await it.apply(["a.test", "b.test"])).toMatchObject(
    undone("With this change the control plane was not reached from this server any more. It was undone: all is as before."),
  );
  expect(it.machine.now() - began).toBeLessThan(30_000);
  expect(it.loaded()).toBe(before);
  expect(it.model()?.sites).toHaveLength(1);
  expect(it.server.files.has(NOTE)).toBe(false);
});

test("so is one after which the console does not answer at its own address any more", async () => {
  const it = world();
  await it.apply(["a.test"], { console: true });
  it.console = (text) => !text.includes("b.test");
  expect(await it.apply(["a.test", "b.test"], { console: true })).toMatchObject(undone("appos.test, the address of the console, did not"));
  expect(it.loaded()).not.toContain("b.test");
});

test("what comes back within some seconds stays", async () => {
  const it = world();
  await it.apply(["a.test"]);
  const began = it.machine.now();
  it.link = (text) => !text.includes("b.test") || it.machine.now() > began + 10_000;
  expect(await it.apply(["b.test"])).toMatchObject({ outcome: "succeeded" });
  expect(it.loaded()).toContain("b.test");
});

test("nothing is undone for what was not reached before, nor for the console's address when that is to go", async () => {
  const it = world();
  it.link = () => false;
  await it.apply(["a.test"], { console: true });
  expect(it.model()?.sites).toHaveLength(2);
  it.console = () => false;
  expect(await it.apply(["a.test", "b.test"], { console: true })).toMatchObject({ outcome: "succeeded" });
  it.console = (text) => text.includes("appos.test");
  expect(await it.apply(["a.test"])).toMatchObject({ outcome: "succeeded" });
});

test("another program that cuts the server off gives way to the one of before", async () => {
  const it = world();
  await it.apply(["a.test"], { console: true });
  const before = it.loaded();
  it.console = () => it.fileOf() === "config.json";
  expect(await it.apply(["a.test"], { console: true, driver: "nginx" })).toMatchObject(undone("appos.test"));
  expect(it.fileOf()).toBe("config.json");
  expect(it.loaded()).toBe(before);
  expect(it.model()).toMatchObject({ driver: "caddy" });
});

test("the first proxy of a server, and the end of its last, are undone as well", async () => {
  const it = world();
  it.link = (text) => text === "";
  expect(await it.apply(["a.test"])).toMatchObject(undone("control plane"));
  expect(it.loaded()).toBe("");
  expect(it.model()).toBeUndefined();
  it.link = () => true;
  await it.apply(["a.test"]);
  it.link = (text) => text !== "";
  expect(await it.apply([])).toMatchObject(undone("control plane"));
  expect(it.loaded()).toContain("a.test");
  expect(it.model()?.sites).toHaveLength(1);
});

test("killed before anybody has confirmed it, the agent that comes back goes back; after that it does not", async () => {
  const it = world();
  await it.apply(["a.test"]);
  const before = it.loaded();
  const moments: string[] = [];
  listener.apposFailpoint = (name) => void (it.server.files.has(NOTE) && moments.push(name));
  await it.apply(["a.test", "b.test"]);
  expect(moments).toContain("agent: the proxy has reloaded");
  expect(moments).toContain("agent: the change of the proxy is to be confirmed");
  for (const moment of new Set(moments)) {
    listener.apposFailpoint = undefined;
    await it.apply(["a.test"]);
    expect(it.loaded()).toBe(before);
    let kept: [string, string][] | undefined;
    listener.apposFailpoint = (name) => void (name === moment && (kept ??= [...it.server.files]));
    await it.apply(["a.test", "b.test"]);
    listener.apposFailpoint = undefined;
    // As its disk was then; the proxy goes on by what it has.
    it.server.files.clear();
    for (const [path, text] of kept!) it.server.files.set(path, text);
    const isMade = it.model()?.sites.length === 2;
    await it.returns();
    expect(it.loaded().includes("b.test"), moment).toBe(isMade);
    expect(it.server.files.has(NOTE)).toBe(false);
  }
});

test("what cannot be undone yet is tried again by whoever comes next", async () => {
  const it = world();
  await it.apply(["a.test"]);
  const before = it.loaded();
  it.link = (text) => !text.includes("b.test");
  listener.apposFailpoint = (name) => {
    if (name === "agent: the change of the proxy is being undone") it.server.dockerProblem = "Docker is gone";
  };
  expect(await it.apply(["a.test", "b.test"])).toMatchObject(undone("It could not be undone yet, and that is tried again"));
  it.server.dockerProblem = undefined;
  listener.apposFailpoint = undefined;
  await it.returns();
  expect(it.loaded()).toBe(before);
});
