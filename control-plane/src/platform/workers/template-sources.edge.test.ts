import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync, strToU8, zipSync } from "fflate";
import { packTar } from "modern-tar";
import { afterAll, beforeAll, expect, test } from "vitest";
import { edgeWorld, until } from "./edge-world.ts";

const app = (image: string) => ({
  "store/apps/web/config.json": JSON.stringify({
    id: "web",
    name: "Web of tipi",
    short_desc: "A page",
    version: "1",
    tipi_version: 1,
    port: 8080,
    available: true,
  }),
  "store/apps/web/docker-compose.json": JSON.stringify({ services: [{ name: "web", image, isMain: true, internalPort: 80 }] }),
});
const files = new Map<string, Uint8Array>();
const server = createServer((request, reply) => {
  const body = files.get(request.url!);
  const etag = `"${body?.length}"`;
  if (!body) return void reply.writeHead(404).end();
  if (request.headers["if-none-match"] === etag) return void reply.writeHead(304).end();
  reply.writeHead(200, { etag }).end(body);
});
let it: Awaited<ReturnType<typeof edgeWorld>>;
let host: string;
beforeAll(async () => {
  await new Promise<void>((go) => server.listen(0, "127.0.0.1", go));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  it = await edgeWorld({ APPOS_OUTBOUND_ALLOW: "127.0.0.1" });
});
afterAll(async () => {
  await it.end();
  server.close();
});

/** Adds a source; the next minute reads it. */
async function added(url: string) {
  const { data } = await it.admin("template-sources", { url });
  await it.minute();
  return until("it is read", async () => {
    const found = (await it.admin(`template-sources/${data.id}`)).data;
    return !found.refreshing && found;
  });
}

test("archives are unpacked, translated and kept in workerd", async () => {
  const entries = Object.entries(app("nginx:1.27")).map(([name, body]) => ({
    header: { name, size: strToU8(body).length, type: "file" as const },
    body,
  }));
  files.set("/store.tar.gz", gzipSync(await packTar(entries)));
  files.set("/store.zip", zipSync(Object.fromEntries(Object.entries(app("caddy:2")).map(([name, body]) => [name, strToU8(body)]))));
  expect(await added(`${host}/store.tar.gz`)).toMatchObject({ format: "runtipi", usable: 1, failure: null });
  expect(await added(`${host}/store.zip`)).toMatchObject({ format: "runtipi", usable: 1, failure: null });
  expect((await it.admin("templates?search=tipi")).data.items).toHaveLength(2);
});

test("a git repository cannot be read there: the error says which address can", async () => {
  const { status, error } = (await it.admin("template-sources", { url: "https://github.com/runtipi/runtipi-appstore.git" })) as {
    status: number;
    error: { message?: string } | undefined;
  };
  expect({ status, error }).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST" } });
  expect((await it.admin("template-sources", { url: "https://127.0.0.2/x.json" })).status).toBe(400);
});
