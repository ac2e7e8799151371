import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { memoryOutbound } from "../platform/memory/outbound.ts";
import { nodeOutbound } from "../platform/node/outbound.ts";
import { allowedFrom, nothingAllowed } from "./allowed.ts";
import { askProxy } from "./ask-proxy.ts";

const name = "blog.example.org";
const wanted = { name, addresses: ["93.184.216.34"], proxy: "me", port: 80 };
const at = (port = "") => `http://${name}${port}/.well-known/appos`;
const answer =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response(null, { status, headers });

test.each([
  ["the proxy itself", answer(204, { "appos-proxy": "me" }), { seen: "here" }],
  ["another one", answer(204, { "appos-proxy": "you" }), { seen: "other" }],
  ["what is no proxy of AppOS", answer(404), { seen: "other" }],
  ["a network that does not reach the server", answer(522), { seen: "silent" }],
  ["a network that knows no such name", answer(530), { why: `There is no address for ${name}, as AppOS sees it.` }],
  ["a redirect to elsewhere", answer(301, { location: "https://example.org/" }), { seen: "other" }],
])("%s is told apart", async (_, says, seen) => {
  const outside = memoryOutbound();
  outside.answers.set(at(), says);
  expect(await askProxy(outside, wanted)).toEqual(seen);
});

test("nothing answers; or it does at the proxy's own port alone", async () => {
  const outside = memoryOutbound();
  expect(await askProxy(outside, wanted)).toEqual({ seen: "silent" });
  outside.answers.set(at(":8080"), answer(204, { "appos-proxy": "me" }));
  expect(await askProxy(outside, { ...wanted, port: 8080 })).toEqual({ seen: "here" });
});

test("what may not be asked is not, by name or by address", async () => {
  const outside = memoryOutbound();
  for (const closed of [{ name: "nas.lan" }, { addresses: ["10.0.0.5"] }, { addresses: ["93.184.216.34", "169.254.169.254"] }])
    expect(await askProxy(outside, { ...wanted, ...closed })).toMatchObject({ why: expect.stringContaining("private") });
  expect(outside.asked).toEqual([]);
});

test("what was allowed by name is asked, on this machine too; a name that nobody knows has not been", async () => {
  const server = createServer((_, reply) => void reply.writeHead(204, { "appos-proxy": "me" }).end());
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const local = { name: "localhost", addresses: ["127.0.0.1"], proxy: "me", port };
  expect(await askProxy(nodeOutbound(allowedFrom("localhost")), local)).toEqual({ seen: "here" });
  const unknown = { ...wanted, name: "no-such-name.invalid", port };
  expect(await askProxy(nodeOutbound(nothingAllowed), unknown)).toMatchObject({ why: expect.stringContaining("no-such-name.invalid") });
  server.close();
});
