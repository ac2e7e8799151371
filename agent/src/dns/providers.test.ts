import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { DnsAccess } from "@appos/shared/dns-providers";
import { outside } from "../machine/outside.ts";
import { clientOf } from "./provider.ts";

interface Asked {
  method: string;
  path: string;
  token: string | undefined;
  body: unknown;
}
type Reply = { status?: number; json?: unknown; text?: string; location?: string };

let end = () => {};
afterEach(() => end());

/** A provider's API on this machine, which answers as a test says and keeps what it was asked. */
async function api(access: DnsAccess, answer: (asked: Asked) => Reply) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      const one = {
        method: request.method!,
        path: request.url!,
        token: request.headers.authorization,
        body: text ? JSON.parse(text) : undefined,
      };
      asked.push(one);
      const { status = 200, json, text: plain = JSON.stringify(json), location } = answer(one);
      response.writeHead(status, { "content-type": "application/json", ...(location && { location }) }).end(plain);
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  end = () => server.close();
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tools = {
    outside: {
      ...outside,
      ask: (request: Parameters<typeof outside.ask>[0], signal: AbortSignal) =>
        outside.ask({ ...request, url: request.url.replace(/^https:\/\/[^/]+/, base) }, signal),
    },
    now: Date.now,
    sleep: async () => {},
  };
  const client = clientOf({ id: "dns_1", name: "Company", zones: ["example.com", "sub.example.com"], access }, tools);
  const { signal } = new AbortController();
  return {
    asked,
    add: (name: string) => client.add(name, "value", signal),
    remove: (name: string) => client.remove(name, "value", signal),
  };
}

const NAME = "_acme-challenge.blog.example.com";
const IN_SUB = "_acme-challenge.sub.example.com";
const requests = (asked: Asked[]) => asked.map(({ method, path, body }) => [method, path, body].filter((part) => part !== undefined));

test("Cloudflare: the zone by its name, then its records", async () => {
  const records = [
    { id: "r1", name: NAME, content: '"other"' },
    { id: "r2", name: NAME, content: '"value"' },
    { id: "r3", name: "blog.example.com", content: "value" },
  ];
  const it = await api({ kind: "cloudflare", token: "tok" }, ({ method, path }) => ({
    json: {
      success: true,
      errors: [],
      result: path.startsWith("/client/v4/zones?") ? [{ id: "z1", name: "example.com" }] : method === "GET" ? records : {},
    },
  }));
  await it.add(NAME);
  await it.remove(NAME);
  expect(requests(it.asked)).toEqual([
    ["GET", "/client/v4/zones?name=example.com"],
    ["POST", "/client/v4/zones/z1/dns_records", { type: "TXT", name: NAME, content: '"value"', ttl: 60 }],
    ["GET", "/client/v4/zones?name=example.com"],
    ["GET", `/client/v4/zones/z1/dns_records?type=TXT&name.exact=${NAME}`],
    ["DELETE", "/client/v4/zones/z1/dns_records/r2"],
  ]);
  expect(new Set(it.asked.map(({ token }) => token))).toEqual(new Set(["Bearer tok"]));
});

test("DigitalOcean: records by the longest zone that has them, without it", async () => {
  const domain_records = [
    { id: 7, type: "TXT", name: "_acme-challenge", data: "other" },
    { id: 8, type: "TXT", name: "_acme-challenge", data: "value" },
  ];
  const it = await api({ kind: "digitalocean", token: "tok" }, ({ method }) =>
    method === "DELETE" ? { status: 404, json: { id: "not_found", message: "gone" } } : { json: { domain_records } },
  );
  await it.add(IN_SUB);
  await it.remove(IN_SUB);
  expect(requests(it.asked)).toEqual([
    ["POST", "/v2/domains/sub.example.com/records", { type: "TXT", name: "_acme-challenge", data: "value", ttl: 60 }],
    ["GET", `/v2/domains/sub.example.com/records?type=TXT&name=${IN_SUB}&per_page=200`],
    ["DELETE", "/v2/domains/sub.example.com/records/8"],
  ]);
});

test("Hetzner: what is begun is waited for; what is not there need not be removed", async () => {
  let looks = 0;
  const action = (status: string) => ({ json: { action: { id: 5, status, error: null } } });
  const it = await api({ kind: "hetzner", token: "tok" }, ({ path }) => {
    if (path.endsWith("/remove_records")) return { status: 404, json: { error: { code: "not_found", message: "RRSet not found" } } };
    return path.startsWith("/v1/actions/") ? action(++looks < 3 ? "running" : "success") : action("running");
  });
  await it.add(NAME);
  await it.remove(NAME);
  const records = [{ value: '"value"' }];
  const rrset = "/v1/zones/example.com/rrsets/_acme-challenge.blog/TXT/actions";
  expect(requests(it.asked)).toEqual([
    ["POST", `${rrset}/add_records`, { ttl: 60, records }],
    ...[1, 2, 3].map(() => ["GET", "/v1/actions/5"]),
    ["POST", `${rrset}/remove_records`, { records }],
  ]);
});

test.each<[DnsAccess["kind"] & ("cloudflare" | "digitalocean" | "hetzner"), Reply, string]>([
  [
    "cloudflare",
    { status: 403, json: { success: false, errors: [{ code: 9109, message: "Invalid access token" }] } },
    "Cloudflare (Company) did not show the zone example.com: Invalid access token (9109)",
  ],
  [
    "cloudflare",
    { json: { success: true, errors: [], result: [] } },
    "Cloudflare (Company) has no zone example.com that this token may see.",
  ],
  [
    "digitalocean",
    { status: 401, json: { id: "unauthorized", message: "Unable to authenticate you" } },
    "DigitalOcean (Company) did not take the record: Unable to authenticate you (unauthorized)",
  ],
  [
    "hetzner",
    { status: 401, json: { error: { code: "unauthorized", message: "the token hush is not good" } } },
    "Hetzner (Company) did not take the record: the token … is not good (unauthorized)",
  ],
  [
    "hetzner",
    { json: { action: { id: 1, status: "error", error: { code: "action_failed", message: "Action failed" } } } },
    "Hetzner (Company) did not take the record: Action failed (action_failed)",
  ],
  ["digitalocean", { status: 502, text: "<html>" }, "DigitalOcean (Company) did not take the record: it answers with status 502"],
  // Who is sent elsewhere would take the token there.
  [
    "digitalocean",
    { status: 307, location: "https://elsewhere.test/", json: {} },
    "DigitalOcean (Company) could not be asked: it sends on to another address",
  ],
  ["hetzner", { text: "x".repeat(2_000_000) }, "Hetzner (Company) could not be asked: its answer is too long"],
])("%s: a refusal is told in its own words, and never with the token", async (kind, reply, words) => {
  const it = await api({ kind, token: "hush" }, () => reply);
  await expect(it.add(NAME)).rejects.toThrow(new Error(words));
});
