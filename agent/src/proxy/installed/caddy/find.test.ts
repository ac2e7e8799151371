import { expect, test } from "vitest";
import { fakeMachine } from "../../../machine/fake-machine.ts";
import { CommandFailed } from "../../../machine/machine.ts";
import { findCaddy, mustBeFree } from "./find.ts";
import { folderImports } from "./read-caddyfile.ts";

const MAIN = "{\n\temail a@b.test\n}\nimport conf.d/*\n";
const server = (listen: string[], ...host: string[]) => ({ listen, routes: host.length > 0 ? [{ match: [{ host }] }] : [{}] });

/** A server with a Caddy, which runs. */
function world(
  servers: object[] = [],
  { text = MAIN, version = "v2.11.2 h1:x", args = ["run", "--config", "/etc/caddy/Caddyfile"], admin = {} } = {},
) {
  const it = fakeMachine();
  const asked: string[] = [];
  it.files.set("/etc/caddy/Caddyfile", text);
  it.files.set("/etc/caddy/conf.d/theirs", "theirs.test");
  it.files.set("/etc/caddy/conf.d/appos.caddyfile", "of before");
  it.hostCaddy = {
    started: { args, folder: "/" },
    onRun: ([command]) => {
      if (command === "version") return { stdout: [version], stderr: [] };
      asked.push(it.files.get("/etc/caddy/.appos-next") ?? "");
      return { stdout: [JSON.stringify({ admin, apps: { http: { servers: { ...servers } } } })], stderr: [] };
    },
  };
  return { ...it, asked };
}

test("our file is left out where it is asked what it serves already, and nothing is left behind", async () => {
  const { machine, asked, files } = world();
  const { facts } = await findCaddy(machine);
  expect(asked).toEqual([`{\n\temail a@b.test\n}\nimport "/etc/caddy/conf.d/theirs"\n\n`]);
  expect(files.has("/etc/caddy/.appos-next")).toBe(false);
  expect(facts).toMatchObject({ program: "caddy", include: "/etc/caddy/conf.d/appos.caddyfile", readsAddresses: true });
});

test.each([
  [[], [], []],
  [[server([":80"]), server([":443"], "a.test")], [], []],
  [[server(["192.0.2.1:80", "[2001:db8::1]:80"])], ["127.0.0.1", "192.0.2.1", "[2001:db8::1]"], []],
  [[server(["192.0.2.1:80"]), server(["0.0.0.0:80"]), server([":8080"]), server(["unix//run/x.sock"])], [], []],
])("beside %j our sites are bound to %j and %j", async (servers, http, https) => {
  expect((await findCaddy(world(servers).machine)).facts.listen).toEqual({ http, https });
});

test("a name that it serves is its own, on these ports", async () => {
  const { machine } = world([server([":80"], "Shop.test", "*.shop.test"), server([":8080"], "other.test")]);
  const found = await findCaddy(machine);
  for (const name of ["shop.test", "a.shop.test"])
    expect(() => mustBeFree([name], found, machine.proxy)).toThrow(`${name} is served by Caddy of this server already`);
  mustBeFree(["other.test", "a.b.shop.test"], found, machine.proxy);
});

test("what it knows goes by its version", async () => {
  const factsOf = async (version: string) => (await findCaddy(world([], { version }).machine)).facts;
  expect(await factsOf("v2.7.6 h1:x")).not.toHaveProperty("readsAddresses");
  expect(await factsOf("2.6.2")).toMatchObject({ endsStreams: true });
});

test.each([
  [world([], { version: "v2.5.2" }), "Caddy of this server is 2.5, and has to be 2.6 or newer"],
  [
    world([], { text: "example.test {\n\timport conf.d/*\n}\n" }),
    "add this line at the end of /etc/caddy/Caddyfile: import /etc/caddy/conf.d/*.caddyfile",
  ],
  [world([], { args: ["run", "--resume"] }), 'was started as "caddy run --resume", and not by a Caddyfile'],
  [world([], { args: ["run", "--config=/etc/caddy/caddy.json"] }), "is configured by /etc/caddy/caddy.json, which is no Caddyfile"],
  [world([], { admin: { disabled: true } }), "has its administration off"],
])("what keeps it from serving is said: %#", async ({ machine }, words) => {
  await expect(findCaddy(machine)).rejects.toMatchObject({ error: { code: "PROXY_REFUSED", message: expect.stringContaining(words) } });
});

test("that it does not run is said, and what it says of its own configuration", async () => {
  const stopped = world();
  stopped.hostCaddy.started = undefined;
  await expect(findCaddy(stopped.machine)).rejects.toMatchObject({ error: { message: expect.stringContaining("systemctl start caddy") } });
  const broken = world();
  const { onRun } = broken.hostCaddy;
  broken.hostCaddy.onRun = (args) => {
    if (args[0] === "version") return onRun(args);
    throw new CommandFailed("caddy ended with exit code 1", 1, ["Error: Caddyfile:3: unrecognized directive: nonsense"]);
  };
  await expect(findCaddy(broken.machine)).rejects.toMatchObject({
    error: { message: expect.stringMatching(/does not take its own configuration.*unrecognized directive: nonsense/) },
  });
});

test.each([
  ["import sites/*", "/etc/caddy/sites", "appos.caddyfile"],
  ['  import "/srv/web/*.caddy"  # all', "/srv/web", "appos.caddy"],
  ["(common) {\n\theader -Server\n}\nimport `x/*.conf`", "/etc/caddy/x", "appos.conf"],
])("%j imports a folder", (text, folder, own) => {
  const [found] = folderImports(text, "/etc/caddy");
  expect(found).toMatchObject({ folder, own });
  expect(text.slice(found!.from, found!.to)).toMatch(/^import/);
});

test.each(["# import x/*", "a.test {\n\timport x/*\n}", "import common", "import x/a*.conf", "import */*", "import {$DIR}/*"])(
  "%j does not",
  (text) => expect(folderImports(text, "/etc/caddy")).toEqual([]),
);
