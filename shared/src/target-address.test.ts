import { expect, test } from "vitest";
import { AddressTarget, TargetHost, targetProblem } from "./target-address.ts";

test("an address in a network is a target, and so is a name, however they are written", () => {
  for (const host of ["192.168.1.20", "10.0.0.7", "100.64.0.1", "172.31.255.1", "203.0.113.7"]) expect(TargetHost.parse(host)).toBe(host);
  expect(TargetHost.parse(" NAS.Home.LAN. ")).toBe("nas.home.lan");
  expect(TargetHost.parse("nas")).toBe("nas");
});

test.each([
  ["the server itself", "127.0.0.1"],
  ["the server itself, elsewhere in its range", "127.1.2.3"],
  ["no machine", "0.0.0.0"],
  ["a cloud's metadata", "169.254.169.254"],
  ["another cloud's metadata", "100.100.100.200"],
  ["a cloud's own services", "168.63.129.16"],
  ["many machines", "224.0.0.251"],
  ["all machines", "255.255.255.255"],
  ["what is reserved", "240.0.0.1"],
])("%s is no target", (_, host) => {
  expect(targetProblem(host)).toContain(host);
  expect(TargetHost.safeParse(host).success).toBe(false);
});

test("what a program may read as an address, or as more than a name, is no name", () => {
  const attacks = ["localhost", "nas.localhost", "0x7f.1", "0x7f000001", "2130706433", "127.1", "010.0.0.1", "1.2.3.256", "::1", "[::1]"];
  const more = [
    "[fd00:ec2::254]",
    "unix:/var/run/docker.sock",
    "/var/run/docker.sock",
    "http://nas",
    "nas:80",
    "nas/x",
    "u@nas",
    "a b",
    "a..b",
    "",
    "-a",
    "$host",
    "{a}",
    "a`b",
    "*.lan",
  ];
  for (const host of [...attacks, ...more]) expect(TargetHost.safeParse(host).success, host).toBe(false);
  for (const port of [0, 65_536, 1.5]) expect(AddressTarget.safeParse({ host: "nas", port }).success, String(port)).toBe(false);
  expect(AddressTarget.safeParse({ host: "nas", port: 80, tls: true }).success).toBe(false);
});
