import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { freeNetworks, missingAddresses } from "./addresses.ts";
import { namesIn } from "./env-removed.ts";
import { looksLikeFile } from "./file-names.ts";
import { needsOf } from "./health-tools.ts";
import { takenPorts, wantedPorts } from "./ports.ts";
import { reasons } from "./reasons.ts";
import { routesIn } from "../machine/address-space.ts";
import { listener } from "../machine/port-holder.ts";

test.each([
  ["/etc/nginx/nginx.conf", true],
  ["/etc/caddy/Caddyfile", true],
  ["/var/www/html/.env", true],
  ["/acme.json", true],
  ["/etc/nginx/conf.d", false],
  ["/srv/example.org", false],
  ["/data/v1.2", false],
  ["/root/.ssh", false],
  ["/usr/share/nginx/html", false],
])("%s names a file: %s", (path, file) => expect(looksLikeFile(path)).toBe(file));

test.each([
  [["CMD", "curl", "-f", "http://localhost"], "curl"],
  [["CMD", "/healthcheck"], "/healthcheck"],
  [["CMD", "sh", "-c", "wget -q localhost || exit 1"], "sh; wget"],
  [["CMD-SHELL", "pg_isready -U app"], "/bin/sh; pg_isready"],
  ["curl -f localhost || wget -q localhost || exit 1", "/bin/sh; curl or wget"],
  ["test -f /a && ! nc -z localhost 80 | grep -q x; exit 0", "/bin/sh; nc and grep"],
  [["CMD-SHELL", 'if [ "$(cat /state)" = up ]; then exit 0; fi'], "/bin/sh"],
  [["CMD-SHELL", "PGPASSWORD=$PW psql -c 'select 1; rm x' && $TOOL ping"], "/bin/sh; psql"],
  [["NONE"], ""],
  [undefined, ""],
])("the health check %j needs %s", (check, needs) =>
  expect(
    needsOf(check)
      .map((ways) => ways.map((tools) => tools.join(" and ")).join(" or "))
      .join("; "),
  ).toBe(needs),
);

test("ports are told from ranges that Docker chooses from", () => {
  const ports = [
    { published: "8080", target: 80, protocol: "tcp" },
    { published: "53", target: 53, protocol: "udp", host_ip: "127.0.0.1" },
    { published: "9000-9001", target: "90-91" },
    { published: "9100-9110", target: 80 },
    { target: 81 },
  ];
  expect(wantedPorts({ services: { web: { ports } } }).map(({ ip, port, protocol }) => `${ip}:${port}/${protocol}`)).toEqual([
    ":8080/tcp",
    "127.0.0.1:53/udp",
    ":9000/tcp",
    ":9001/tcp",
  ]);
});

test("a port is taken only where addresses and protocols meet, and not by the app itself", async () => {
  const server = fakeMachine();
  server.facts.ports = [
    { container: "proxy-1", project: "proxy", ip: "127.0.0.1", port: 8080, protocol: "tcp" },
    { container: "own-1", project: "appos-shop", ip: "0.0.0.0", port: 9090, protocol: "tcp" },
  ];
  const taken = async (published: object) =>
    (await takenPorts({ services: { web: { ports: [{ target: 80, protocol: "tcp", ...published }] } } }, "appos-shop", server.machine)).map(
      ({ message }) => message,
    );
  expect(await taken({ published: "8080" })).toEqual(["web publishes port 8080, which is taken by the container proxy-1."]);
  expect(await taken({ published: "8080", host_ip: "127.0.0.1" })).toHaveLength(1);
  expect(await taken({ published: "8080", host_ip: "192.0.2.7" })).toEqual([]);
  expect(await taken({ published: "8080", protocol: "udp" })).toEqual([]);
  expect(await taken({ published: "9090" })).toEqual([]);
});

test("listeners are matched by their address, as the kernel writes it", () => {
  const row = (local: string) => `x\n 0: ${local} 00000000:0000 0A 0 0 0 0 0 4711`;
  expect(listener(row("0100007F:1F90"), 8080, "0A", "127.0.0.1")).toBe("4711");
  expect(listener(row("0100007F:1F90"), 8080, "0A", "192.0.2.7")).toBeUndefined();
  expect(listener(row("0100007F:1F90"), 8080)).toBe("4711");
  expect(listener(row("00000000:1F90"), 8080, "0A", "192.0.2.7")).toBe("4711");
  expect(listener(row("00000000000000000000000000000000:1F90"), 8080, "0A", "127.0.0.1")).toBe("4711");
});

test("Docker's addresses run out, with its networks and the server's own routes counted", () => {
  const space = { pools: [{ base: "10.1.0.0/22", size: 24 }], taken: ["10.1.0.0/24", "10.1.2.128/25", "fd00::/64"] };
  expect(freeNetworks(space, 9)).toBe(2);
  const networks = {
    default: { name: "a_default" },
    back: { name: "a_back" },
    more: { name: "a_more" },
    theirs: { name: "x", external: true },
  };
  expect(missingAddresses({ networks }, new Set(), space).map(({ id }) => id)).toEqual(["no-address-space:a_more"]);
  expect(missingAddresses({ networks }, new Set(["a_back"]), space)).toEqual([]);
  expect(
    routesIn("Iface\tDestination\nbr0\t0000D50A\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\neth0\t00000000\t01\t3\t0\t0\t0\t00000000\n"),
  ).toEqual(["10.213.0.0/20"]);
});

test("reasons name what is different, and no value of a variable", () => {
  const before = {
    image: "a:1",
    environment: { A: "secret", B: "1" },
    ports: [{ published: "80", target: 80 }],
    command: ["x"],
    labels: { "appos.release": "1" },
  };
  const after = {
    image: "a:2",
    environment: { A: "other", C: "2" },
    ports: [{ published: "81", target: 80 }],
    volumes: [{ target: "/data" }],
    labels: { "appos.release": "2" },
  };
  expect(reasons(before, after)).toEqual([
    "image a:1 becomes a:2",
    "variable A changed",
    "variable B removed",
    "variable C added",
    "port 80:80 removed",
    "port 81:80 added",
    "command changed",
    "mount /data added",
  ]);
});

test("the names of variables are read from what dotenv wrote", () => {
  expect(namesIn('A="1"\nB_2="x\\nC=\\"3\\""\n')).toEqual(["A", "B_2"]);
});
