import { expect, test } from "vitest";
import { AskedAccess, SiteHeader } from "./site-options.ts";
import { Site } from "./sites.ts";
import { NewDomain } from "./domains.ts";

const header = (name: string, value = "x") => SiteHeader.safeParse({ name, value }).success;
const networks = (...given: string[]) => AskedAccess.safeParse({ networks: given });

test("a header is none that says how an answer is read, who is who, or where to go instead", () => {
  for (const name of [
    "X-Frame-Options",
    "Content-Security-Policy",
    "Access-Control-Allow-Origin",
    "Server",
    "X-Powered-By",
    "Cache-Control",
  ])
    expect(header(name), name).toBe(true);
  for (const name of [
    [
      "Host",
      "Connection",
      "Transfer-Encoding",
      "Content-Length",
      "Content-Encoding",
      "content-TYPE",
      "Trailer",
      "TE",
      "Upgrade",
      "Keep-Alive",
    ],
    ["X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "x_forwarded_for", "Forwarded", "Via", "Proxy-Authorization", "Proxy-Connection"],
    ["Set-Cookie", "set-cookie2", "Cookie", "Authorization", "WWW-Authenticate", "Location", "Refresh", "Alt-Svc", "Clear-Site-Data"],
    ["X-Accel-Redirect", "X-Sendfile", "Sec-WebSocket-Accept", "Public-Key-Pins", "Strict-Transport-Security"],
    ["X-A: b\r\nSet-Cookie", "X A", "", "*", "X-*", "-X", "X-A\n", "X-Ä", "{http.request.host}", "$host", "X-A:"],
  ].flat())
    expect(header(name), name).toBe(false);
});

test("a value is one line in which no proxy finds anything to put something else in the place of", () => {
  for (const value of ["", "DENY", "default-src 'self'; img-src *", 'geolocation=(self "https://a.test")', "a, b; c=d", " DENY "])
    expect(header("X-A", value), value).toBe(true);
  for (const value of [
    "a\r\nSet-Cookie: b",
    "a\nb",
    "a\u0000",
    "a\tb",
    "ä",
    "{http.request.header.Authorization}",
    "{{ env }}",
    "$host",
    "a\\",
    "x".repeat(4_001),
  ])
    expect(header("X-A", value), value).toBe(false);
});

test("a network is an address or a range of them, of either kind", () => {
  for (const one of ["203.0.113.7", "198.51.100.0/24", "0.0.0.0/0", "2001:db8::/32", "::1", "2001:DB8::7/128", " 10.0.0.0/8 "])
    expect(networks(one).success, one).toBe(true);
  for (const one of [
    ["203.0.113", "203.0.113.7/33", "203.0.113.07", "2001:db8::/129", "example.com", "all", "", "10.0.0.0-10.0.0.9", "10.0.0.0/255.0.0.0"],
    [
      "::ffff:203.0.113.7",
      "::ffff:203.0.113.0/120",
      "::ffff:cb00:7107",
      "fe80::1%eth0",
      "private_ranges",
      "{http.vars.x}",
      "1.2.3.4; allow all",
    ],
  ].flat())
    expect(networks(one).success, one).toBe(false);
  expect(networks("10.0.0.1", " 10.0.0.1", "2001:DB8::1", "2001:db8::1").data?.networks).toEqual(["10.0.0.1", "2001:db8::1"]);
});

test("a user is named once, in signs that every proxy's list of users can hold, with a password that is looked at to its end", () => {
  const users = (...given: object[]) => AskedAccess.safeParse({ users: given }).success;
  const user = (name: string, password?: string) => users({ name, ...(password !== undefined && { password }) });
  for (const [name, password] of [
    ["ada"],
    ["ada@example.org", "correct horse"],
    ["a+b", "bücher und käse"],
    ["A", "x".repeat(72)],
  ] as const)
    expect(user(name, password), name).toBe(true);
  for (const name of ["", "a:b", "a b", "a\n", "#a", "{a}", "$a", "ä", "a".repeat(65)]) expect(user(name), name).toBe(false);
  for (const password of ["", "short", "x".repeat(73), "ü".repeat(37), "with\nbreak", "with\u0000zero"])
    expect(user("ada", password), password).toBe(false);
  expect(users({ name: "ada" }, { name: "Ada" })).toBe(false);
  expect(users({ name: "ada", hash: "$2b$08$x" })).toBe(false);
});

test("a rule that nobody is named in is none", () => {
  expect(AskedAccess.safeParse({}).success).toBe(false);
  expect(AskedAccess.safeParse({ users: [], networks: [] }).success).toBe(false);
  const domain = { domain: "a.test", app: "a", service: "web", port: 80 };
  expect(NewDomain.safeParse({ ...domain, access: null }).success).toBe(true);
  expect(NewDomain.safeParse({ ...domain, access: { users: [] } }).success).toBe(false);
  const twice = [
    { name: "X-A", value: "1" },
    { name: "x-a", value: "2" },
  ];
  expect(NewDomain.safeParse({ ...domain, headers: twice }).success).toBe(false);
});

test("who is told something of a site that it does not know serves nothing by it", () => {
  const site = { name: "a.test", https: "off", routes: [{ path: "/", app: "a", service: "web", port: 80 }] };
  expect(Site.safeParse(site).success).toBe(true);
  expect(Site.safeParse({ ...site, onlyOnTuesdays: true }).success).toBe(false);
  expect(Site.safeParse({ ...site, access: { users: [], networks: [] } }).success).toBe(false);
  expect(Site.safeParse({ ...site, access: { users: [{ name: "ada", hash: "plain" }], networks: [] } }).success).toBe(false);
  expect(Site.safeParse({ ...site, access: { users: [], networks: ["10.0.0.0/8"], or: true } }).success).toBe(false);
});
