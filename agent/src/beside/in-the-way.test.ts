import { expect, test } from "vitest";
import { established } from "../machine/changeover.ts";
import { inTheWay } from "./in-the-way.ts";
import { drainMs } from "./retire.ts";

const why = (web: object, others: object = {}, declared: string[] = []) => inTheWay("web", { services: { web, ...others } }, declared);
const data = { type: "volume", source: "data", target: "/data" };

test("a service that holds nothing to itself may run twice for a moment", () => {
  expect(why({ image: "web", networks: { default: null } })).toBeUndefined();
  expect(why({ volumes: [{ ...data, read_only: true }] }, {}, ["/data"])).toBeUndefined();
  expect(why({ tmpfs: ["/run:size=1m"] }, {}, ["/run"])).toBeUndefined();
});

test("what only one can have is named", () => {
  expect(why({ ports: [{ target: 80, published: "80" }] })).toContain("publishes a port");
  expect(why({ container_name: "web" })).toContain("container_name");
  expect(why({ network_mode: "host" })).toBe("its network_mode is host");
  expect(why({ network_mode: "service:db" })).toBe("its network_mode is service:db");
  expect(why({}, { vpn: { network_mode: "service:web" } })).toBe("vpn lives in its container");
  expect(why({ networks: { default: { ipv4_address: "10.0.0.7" } } })).toContain("address of its own");
  expect(why({ mac_address: "02:42:ac:11:65:43" })).toContain("mac_address");
});

test("who writes somewhere goes over only where somebody says that two may, and never away from a volume without a name", () => {
  expect(why({ volumes: [data] })).toContain("it writes to /data");
  expect(why({ volumes: [{ type: "bind", source: "/srv", target: "/srv" }] })).toContain("it writes to /srv");
  const wish = (deploy: string) => ({ "appos.deploy": deploy });
  expect(why({ volumes: [data], labels: wish("beside") })).toBeUndefined();
  expect(why({ labels: wish("stop-start") })).toContain("stop-start");
  expect(why({ labels: wish("beside"), volumes: [{ type: "volume", target: "/cache" }] })).toContain("/cache, which has no name");
  expect(why({ labels: wish("beside") }, {}, ["/var/lib/app"])).toContain("/var/lib/app, which has no name");
});

test("what is open may go on for as long as a label says, within five minutes", () => {
  const drain = (value: string) => drainMs({ labels: { "appos.drain": value } });
  expect([drainMs({}), drain("0s"), drain("90s"), drain("5m"), drain("999m"), drain("soon")]).toEqual([
    30_000,
    0,
    90_000,
    300_000,
    300_000,
    undefined,
  ]);
});

test("open connections are counted by the port that they came to", () => {
  const table = `  sl  local_address rem_address   st
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   1: 020011AC:1F90 030011AC:D2F0 01 00000000:00000000 00:00000000 00000000     0
   2: 020011AC:1F90 030011AC:D2F2 06 00000000:00000000 00:00000000 00000000     0
   3: 020011AC:D431 030011AC:1F90 01 00000000:00000000 00:00000000 00000000     0
   4: 0000000000000000FFFF0000020011AC:1F91 0000000000000000FFFF0000030011AC:D2F4 01 00000000:00000000 00:00000000`;
  expect([
    established(table, [8080], ["172.17.0.3"]),
    established(table, [8080, 8081], ["172.17.0.3"]),
    established(table, [8080], ["172.17.0.4"]),
  ]).toEqual([1, 2, 0]);
});
