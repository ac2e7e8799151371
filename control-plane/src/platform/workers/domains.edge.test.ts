import { SITE_OPTIONS } from "@appos/shared/site-options";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SITE_CERTIFICATES } from "@appos/shared/sites";
import { issued } from "../../features/certificates/fake-certificates.ts";
import { facts } from "../memory/terminal-world.ts";
import { edgeWorld, until } from "./edge-world.ts";

let it: Awaited<ReturnType<typeof edgeWorld>>;
beforeAll(async () => void (it = await edgeWorld()));
afterAll(() => it.end());

test("the password of a domain is hashed here as well, and its server is told the hash", async () => {
  const server = await it.server("guarded");
  const agent = await server.connect();
  await agent.hears("welcome");
  agent.says({ type: "facts", facts: { ...facts, knows: [SITE_OPTIONS] } });
  await until("it is known what it can do", async () => (await it.admin(`servers/${server.id}`)).data.facts?.knows?.length === 1);
  await it.admin("apps", { name: "blog", serverId: server.id, source: { type: "compose", compose: "services: {web: {image: nginx}}" } });
  const access = { users: [{ name: "ada", password: "correct horse" }] };
  const added = await it.admin("domains", { domain: "guarded.test", app: "blog", service: "web", port: 80, access });
  expect(added).toMatchObject({ status: 201, data: { access: { users: [{ name: "ada" }], networks: [] } } });
  const told = () => agent.heard("offer").find(({ kind }) => kind === "apply-sites")?.["input"] as object | undefined;
  await until("its server is told", () => told());
  expect(told()).toMatchObject({ sites: [{ access: { users: [{ name: "ada", hash: expect.stringMatching(/^\$2b\$08\$/) }] } }] });
});

test("certificates are read here as well, and their server is told the key", async () => {
  const server = await it.server("certified");
  const agent = await server.connect();
  await agent.hears("welcome");
  agent.says({ type: "facts", facts: { ...facts, knows: [SITE_CERTIFICATES] } });
  await until("it is known what it can do", async () => (await it.admin(`servers/${server.id}`)).data.facts?.knows?.length === 1);
  await it.admin("apps", { name: "shop", serverId: server.id, source: { type: "compose", compose: "services: {web: {image: nginx}}" } });
  const { chain, key } = await issued({ names: ["*.certified.test"], by: await issued({ names: ["a root"] }) });
  const uploaded = await it.admin("certificates", { chain, key });
  expect(uploaded).toMatchObject({ status: 201, data: { names: ["*.certified.test"], issuer: "a root" } });
  const own = { https: "own", certificateId: uploaded.data.id };
  expect((await it.admin("domains", { domain: "a.certified.test", app: "shop", service: "web", port: 80, ...own })).status).toBe(201);
  const told = () => agent.heard("offer").find(({ kind }) => kind === "apply-sites")?.["input"] as object | undefined;
  await until("its server is told", () => told());
  expect(told()).toMatchObject({ certificates: [{ id: uploaded.data.id, pem: expect.stringContaining(key.trim()) }] });
});
