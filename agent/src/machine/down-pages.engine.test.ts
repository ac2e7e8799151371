import { afterAll, expect, test } from "vitest";
import { caddyWorld } from "./caddy-world.ts";
import { asking, nginxWorld, plain, route } from "./nginx-world.ts";

// What a visitor sees of a site whose app does not answer, where somebody has written that.

/** With whatever a proxy might read in it. */
const downPage = `<h1>Back soon</h1><style>p{color:{env.PATH}}</style>$host {http.request.host}\\n"'; } …`;
const told = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-a": "b" };
const own = { downPage, headers: [{ name: "X-A", value: "b" }] };
/** Nobody listens there. */
const GONE = 18_589;
/** bcrypt of `correct horse`. */
const hash = "$2b$08$C12f0u3IK2cyWJZz3xsIH.hXbMor9qy2XK/53og9IAD/AcBFi2GNC";
const guarded = { ...own, access: { users: [{ name: "ada", hash }], networks: [] } };
const ada = { authorization: `Basic ${btoa("ada:correct horse")}` };
const sites = [
  plain("a.test", [route("/", [GONE]), route("/several", [GONE, GONE + 1])], own),
  plain("b.test", [route("/", [GONE])]),
  plain("c.test", [route("/", [])], guarded),
];

async function sees(ask: ReturnType<typeof asking>) {
  // Each is waited for some seconds where nobody takes connections.
  const [plainly, ...down] = await Promise.all([
    ask("b.test"),
    ask("a.test"),
    ask("a.test", { method: "POST", path: "/some/where?x", body: "x" }),
    ask("a.test", { path: "/several" }),
    ask("a.test", { headers: { range: "bytes=0-1", "if-none-match": "*" } }),
    ask("c.test", { headers: ada }),
  ]);
  for (const { status, text, headers } of down) {
    expect([502, 503, 504]).toContain(status);
    expect(text).toBe(downPage);
    expect(headers).toMatchObject(told);
  }
  expect(plainly!.text).toContain("This site is not available");
  expect((await ask("c.test")).status).toBe(401);
}

const caddyPorts = { http: 18_580, https: 18_581, app: 18_582 };
const nginxPorts = { http: 18_583, https: 18_584 };
const caddy = await caddyWorld({ ports: caddyPorts }, (_, answer) => void answer.end());
const hostPorts = { http: 18_595, https: 18_596, app: 18_597 };
const hostCaddy = await caddyWorld({ ports: hostPorts, told: "in a Caddyfile" }, (_, answer) => void answer.end());
const nginx = await nginxWorld(nginxPorts);
afterAll(async () => {
  await caddy.end();
  await hostCaddy.end();
  await nginx.end();
});

test("while the app does not answer Caddy sends the site's own page to the letter, whatever was asked", async () => {
  await caddy.serve(sites);
  await sees(asking(caddyPorts));
});

test("and so does the server's own", async () => {
  await hostCaddy.serve(sites);
  await sees(asking(hostPorts));
});

test("and so does nginx, where nobody gets that page from it otherwise", async () => {
  await nginx.serve(sites);
  const ask = asking(nginxPorts);
  await sees(ask);
  expect((await ask("a.test", { path: "/.well-known/appos/down" })).status).toBe(404);
});
