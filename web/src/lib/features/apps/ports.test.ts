import type { PublishedPort } from "@appos/shared/apps";
import { expect, test } from "vitest";
import { portLinks } from "./ports.ts";

const port = (part: Partial<PublishedPort>): PublishedPort => ({
  hostIp: "0.0.0.0",
  hostPort: 8080,
  containerPort: 80,
  protocol: "tcp",
  ...part,
});
const local = { consoleHost: "127.0.0.1", serverName: "local", hostname: "box" };
const tokyo = { consoleHost: "127.0.0.1", serverName: "tokyo-1", hostname: "tokyo-1.example.org" };
const hrefs = (ports: PublishedPort[], where: typeof local) => portLinks(ports, where).map(({ href }) => href);

test("ports of this machine are where the console is, others at their server's name", () => {
  expect(hrefs([port({})], local)).toEqual(["http://127.0.0.1:8080"]);
  expect(hrefs([port({})], tokyo)).toEqual(["http://tokyo-1.example.org:8080"]);
  expect(hrefs([port({ hostIp: "203.0.113.7" })], tokyo)).toEqual(["http://203.0.113.7:8080"]);
});

test("a port published for IPv4 and IPv6 is one", () => {
  expect(hrefs([port({}), port({ hostIp: "::" })], local)).toHaveLength(1);
});

test("a port only the server itself can reach is no link, except here", () => {
  expect(hrefs([port({ hostIp: "127.0.0.1" })], tokyo)).toEqual([null]);
  expect(hrefs([port({ hostIp: "127.0.0.1" })], local)).toEqual(["http://127.0.0.1:8080"]);
  expect(hrefs([port({ hostIp: "127.0.0.1" })], { ...local, consoleHost: "box.lan" })).toEqual([null]);
});

test("what is not for browsers is no link", () => {
  expect(portLinks([port({ hostPort: 53, protocol: "udp" })], local)).toMatchObject([{ label: "53/udp", href: null }]);
  expect(hrefs([port({ hostPort: 8443, containerPort: 443 })], local)).toEqual(["https://127.0.0.1:8443"]);
});
