import { expect, test } from "vitest";
import { settingsFrom } from "./settings.ts";

test.each([
  ["9.9.9.9", ["9.9.9.9"]],
  ["9.9.9.9:5353, 2620:fe::fe,[2620:fe::fe]:53", ["9.9.9.9:5353", "2620:fe::fe", "[2620:fe::fe]:53"]],
  ["", undefined],
])("name servers to ask are named by their addresses: %j", (text, servers) => {
  expect(settingsFrom({ APPOS_DNS: text }).nameServers).toEqual(servers);
});

test.each(["dns.example.com", "9.9.9", "9.9.9.9:0", "9.9.9.9:99999", "[9.9.9.9]:53", "9.9.9.9,,1.1.1.1"])(
  "%s is no name server's address",
  (text) => {
    expect(() => settingsFrom({ APPOS_DNS: text })).toThrow(/Give addresses of name servers/);
  },
);
