import { expect, test } from "vitest";
import { covers, filesIn, foldersIncluded, portOf, serversIn } from "./read-dump.ts";

const dump = `# configuration file /etc/nginx/nginx.conf:
user www-data; # it's "nobody"
stream { server { listen 443; } include /etc/nginx/conf.d/*.conf; }
http {
  log_format main '$remote_addr "$request" {}';
  include mime.types;
  include extra/[a-c]/*.conf;
  include /etc/nginx/conf.d/*.conf; include sites-enabled/*;
  upstream app { server 10.0.0.1:80; }
}

# configuration file /etc/nginx/sites-enabled/shop:
server { listen 80; listen [::]:443 ssl; server_name Shop.test ~^(?<n>[^"]+)\\.test$ *.shop.test; location ~ \\.php$ { return 200 "a;b}"; } }
server { server_name ""; }`;

test("what nginx shows of itself is taken apart", () => {
  const [main, shop] = filesIn(dump.split("\n"));
  expect(foldersIncluded(main!).map(({ folder }) => folder)).toEqual(["/etc/nginx/conf.d", "/etc/nginx/sites-enabled"]);
  const { from, to } = foldersIncluded(main!)[0]!;
  expect(main!.text.slice(from, to)).toBe("include /etc/nginx/conf.d/*.conf;");
  expect(serversIn(main!)).toEqual([]);
  expect(serversIn(shop!)).toEqual([
    { file: shop!.path, listen: ["80", "[::]:443"], names: ["shop.test", '~^(?<n>[^"]+)\\.test$', "*.shop.test"] },
    { file: shop!.path, listen: [], names: [""] },
  ]);
});

test.each([
  ["80", 80],
  ["192.0.2.1:8080", 8080],
  ["192.0.2.1", 80],
  ["[::]:443", 443],
  ["[2001:db8::1]", 80],
  ["localhost", 80],
  ["unix:/run/a.sock", undefined],
])("%s is port %s", (listen, port) => expect(portOf(listen)).toBe(port));

test.each([
  ["a.test", "a.test", true],
  ["*.a.test", "b.a.test", true],
  ["*.a.test", "a.test", false],
  [".a.test", "a.test", true],
  ["a.*", "a.test", true],
  ["_", "a.test", false],
  ["", "a.test", false],
  ["~^.*$", "a.test", false],
])("by %j, %s: %s", (pattern, name, is) => expect(covers(pattern, name)).toBe(is));
