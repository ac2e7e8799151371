import { expect, test } from "vitest";
import { fakeMachine } from "../../../machine/fake-machine.ts";
import { CommandFailed } from "../../../machine/machine.ts";
import { findNginx, mustBeFree } from "./find.ts";

const MAIN = "http {\n  include conf.d/*.conf;\n}";
const server = (listen: string[], name = "_") => `server { ${listen.map((each) => `listen ${each};`).join(" ")} server_name ${name}; }`;

/** A server with an nginx, which runs. */
function world(sites: string[] = [], { main = MAIN, version = "1.22.1", runs = true } = {}) {
  const it = fakeMachine();
  it.hostNginxRuns = runs;
  it.files.set("/etc/nginx/conf.d/theirs.conf", "");
  const dump = [
    "# configuration file /etc/nginx/nginx.conf:",
    main,
    "",
    "# configuration file /etc/nginx/conf.d/theirs.conf:",
    ...sites,
    "# configuration file /etc/nginx/conf.d/appos.conf:",
    "include /var/lib/appos/proxy/config/host/*.conf;",
    "# configuration file /var/lib/appos/proxy/config/host/nginx.conf:",
    server(["80", "443 ssl"], "ours.test"),
  ];
  it.onHostNginx = ([first]) =>
    first === "-v"
      ? { stdout: [], stderr: [`nginx version: nginx/${version} (Debian)`] }
      : { stdout: dump.join("\n").split("\n"), stderr: [] };
  return it;
}

test.each([
  // Nobody listens: our sites do, and nobody's name is answered by one of them.
  [[], { http: ["80"], https: ["443"] }, { http: true, https: true }],
  [[server(["80 default_server", "[::]:80"])], { http: ["80", "[::]:80"], https: ["443", "[::]:443"] }, { http: false, https: true }],
  [[server(["*:80"]), server(["0.0.0.0:443 ssl http2", "443 quic"])], { http: ["80"], https: ["443"] }, { http: false, https: false }],
  // Who comes to an address meets only those that listen on it.
  [[server(["192.0.2.1:80"]), server(["8080"])], { http: ["192.0.2.1:80"], https: ["443"] }, { http: false, https: true }],
  [[server([])], { http: ["80"], https: ["443"] }, { http: false, https: true }],
  [[server(["127.0.0.1:80"])], { http: ["127.0.0.1:80", "80"], https: ["443"] }, { http: true, https: true }],
])("beside %j our sites listen on %j", async (sites, listen, alone) => {
  const { facts } = await findNginx(world(sites).machine);
  expect(facts).toEqual({ program: "nginx", include: "/etc/nginx/conf.d/appos.conf", listen, alone });
});

test("a name that it serves is its own, on these ports and by its own files", async () => {
  const { machine } = world([server(["80"], "shop.test *.shop.test"), server(["8080"], "other.test")]);
  const found = await findNginx(machine);
  for (const name of ["shop.test", "a.shop.test"])
    expect(() => mustBeFree([name], found, machine.proxy)).toThrow(
      `${name} is served by Nginx of this server already, as /etc/nginx/conf.d/theirs.conf`,
    );
  mustBeFree(["other.test", "ours.test", "myshop.test"], found, machine.proxy);
});

test.each([
  [world([], { version: "1.18.0" }), "Nginx of this server is 1.18, and has to be 1.22 or newer"],
  [
    world([], { main: "http {\n  include mime.types;\n}" }),
    "add this line to the block http of /etc/nginx/nginx.conf: include /etc/nginx/conf.d/*.conf;",
  ],
  [world([], { runs: false }), "Start it with: systemctl start nginx"],
  [world(["server { listen 80"]), "/etc/nginx/conf.d/theirs.conf cannot be read as AppOS reads it"],
])("what keeps it from serving is said: %#", async ({ machine }, words) => {
  await expect(findNginx(machine)).rejects.toMatchObject({ error: { code: "PROXY_REFUSED", message: expect.stringContaining(words) } });
});

test("that it is not there is said, and what it says of itself", async () => {
  const it = world();
  it.onHostNginx = () => {
    throw new CommandFailed("Nginx is not installed on this server", null, []);
  };
  await expect(findNginx(it.machine)).rejects.toMatchObject({ error: { message: expect.stringContaining("Install it, or choose") } });
});
