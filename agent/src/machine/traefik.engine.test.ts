import { execFileSync, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyModel } from "../proxy/fake-models.ts";
import type { Resolved } from "../proxy/resolved.ts";
import { renderTraefik, traefikMark } from "../proxy/traefik.ts";
import { traefikChoices } from "../proxy/traefik-choices.ts";
import { traefikDriver } from "../proxy/traefik-driver.ts";
import { traefikComplaint } from "../proxy/traefik-log.ts";
import { traefikPlaces, traefikStatic } from "../proxy/traefik-static.ts";
import { asking, at, keyAndCertificate, plain, route } from "./nginx-world.ts";
import { visit } from "./visit.ts";

// Against Traefik itself. It is in no package that this repository's machines can have, so these are skipped there: what is proven of its
// files without it is what traefik.test.ts holds against the schema.

const PORTS = { http: 18_560, https: 18_561, own: 18_562 };
const program = process.env["APPOS_TEST_TRAEFIK"] ?? onPath("traefik");
const why = program === undefined ? " (skipped: there is no traefik on the PATH nor in APPOS_TEST_TRAEFIK)" : "";

function onPath(name: string): string | undefined {
  try {
    return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

const acme = { directory: "https://acme.test/dir", email: null, rootsFile: null };
const HASH = "$2b$04$3zC5qWoV2tBLjBQ5mZoQcOG2ZfFCq0mLfjYzL6Tq3vYw1xH1n2YbK";

/** A Traefik by what is rendered for one inside of its container. */
async function traefikWorld() {
  const folder = mkdtempSync(join(tmpdir(), "appos-traefik-"));
  const watched = join(folder, traefikPlaces.folder);
  for (const path of [watched, join(folder, "data")]) mkdirSync(path);
  const here = (text: string) => text.replaceAll(traefikPlaces.shared, folder);
  const config = join(folder, "static.yaml");
  const told = here(traefikStatic({ acme }).text)
    .replace('":80"', `"127.0.0.1:${PORTS.http}"`)
    .replace('":443"', `"127.0.0.1:${PORTS.https}"`)
    .replace(traefikPlaces.own, `127.0.0.1:${PORTS.own}`)
    .replace(`"${traefikPlaces.data}/`, `"${join(folder, "data")}/`);
  writeFileSync(config, told);
  const said: string[] = [];

  function place(name: string, text: string) {
    writeFileSync(join(folder, `${name}.new`), here(text));
    renameSync(join(folder, `${name}.new`), join(folder, name));
    return traefikMark(text);
  }
  async function serves(mark: string) {
    for (const until = performance.now() + 10_000; ;) {
      if ((await visit({ name: "localhost", path: mark, https: false, port: PORTS.http })).status === 200) return;
      if (performance.now() > until) throw new Error(`Traefik does not serve by it. It said: ${said.slice(-5).join("\n")}`);
      await sleep(20);
    }
  }
  async function serve(model: Resolved, live: string[] = []) {
    for (const file of model.certificates.values()) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), keyAndCertificate("a.test"));
    }
    const since = Date.now();
    const before = said.length;
    for (const [name, text] of Object.entries(traefikChoices(model, new Set(live)))) place(name, text);
    await serves(place(traefikPlaces.config, renderTraefik(model)));
    expect(traefikComplaint(said.slice(before), since)).toBeUndefined();
  }

  place(traefikPlaces.config, renderTraefik({ id: "proxy-1", acme, sites: [], certificates: new Map() }));
  const running = spawn(program!, [`--configFile=${config}`], { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [running.stdout, running.stderr]) stream.on("data", (part: Buffer) => said.push(...part.toString().split("\n")));
  await serves(place(traefikPlaces.config, renderTraefik({ id: "proxy-2", acme, sites: [], certificates: new Map() })));
  return {
    serve,
    place: async (name: string, text: string) => serves(place(name, text)),
    ready() {
      const [, ...args] = traefikDriver.serves!;
      execFileSync(
        program!,
        args.map((word) => word.replace(traefikPlaces.own, `127.0.0.1:${PORTS.own}`)),
      );
    },
    async end() {
      running.kill("SIGTERM");
      await new Promise((resolve) => running.once("exit", resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

test.skipIf(program === undefined)(`Traefik takes whatever is rendered for it${why}`, { timeout: 300_000 }, async () => {
  const world = await traefikWorld();
  try {
    world.ready();
    await fc.assert(
      fc.asyncProperty(anyModel, async (model) => world.serve({ ...model, asking: new Set() })),
      { numRuns: 40 },
    );
  } finally {
    await world.end();
  }
});

/** An app that says its name and what it was sent. */
async function app(name: string): Promise<Server & { port: number }> {
  const server = createServer((request, response) => {
    response.setHeader("server", name);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name, path: request.url, headers: request.headers }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

test.skipIf(program === undefined)(`Traefik serves by what is rendered for it as the others do${why}`, { timeout: 60_000 }, async () => {
  const world = await traefikWorld();
  const [one, two] = await Promise.all([app("one"), app("two")]);
  const ask = asking(PORTS);
  const who = async (...asked: Parameters<typeof ask>) => (JSON.parse((await ask(...asked)).text) as { name: string }).name;
  const beside = { file: "appos-blog.web", upstreams: at([two.port]) };
  const sites = [
    plain("a.test", [route("/", [one.port]), route("/api", [two.port]), route("/down", [])], {
      alias: "www.a.test",
      headers: [
        { name: "X-A", value: "b, c" },
        { name: "Server", value: "" },
      ],
    }),
    plain("b.test", [route("/", [one.port], beside)]),
    plain("locked.test", [route("/", [one.port])], { access: { users: [{ name: "ada", hash: HASH }], networks: [] } }),
    plain("far.test", [route("/", [one.port])], { access: { users: [], networks: ["203.0.113.0/24"] } }),
    plain("near.test", [route("/", [one.port])], { access: { users: [], networks: ["127.0.0.0/8"] } }),
    plain("small.test", [route("/", [one.port])], { maxBodyMb: 1 }),
    plain("secure.test", [route("/", [one.port])], { https: "acme" }),
  ];
  const model: Resolved = { id: "proxy-1", acme, sites, certificates: new Map(), asking: new Set() };
  try {
    await world.serve(model);
    expect([await who("a.test"), await who("a.test", { path: "/api/x" }), await who("a.test", { path: "/apis" })]).toEqual([
      "one",
      "two",
      "one",
    ]);
    const page = await ask("a.test", {
      headers: { forwarded: "for=192.0.2.1", "x-forwarded-for": "192.0.2.1", "x-real-ip": "192.0.2.1", x_forwarded_for: "192.0.2.1" },
    });
    expect([page.headers["x-a"], page.headers["server"]]).toEqual(["b, c", undefined]);
    expect(page.text).not.toContain("192.0.2.1");
    expect((await ask("a.test", { path: "/down" })).status).toBe(503);
    expect((await ask("nobody.test")).status).toBe(404);
    expect(await ask("www.a.test", { path: "/x?y=1" })).toMatchObject({ status: 301, headers: { location: "http://a.test/x?y=1" } });
    expect(await ask("secure.test", { path: "/x" })).toMatchObject({ status: 301, headers: { location: "https://secure.test/x" } });
    for (const name of ["a.test", "locked.test", "nobody.test"])
      expect(await ask(name, { path: "/.well-known/appos" })).toMatchObject({ status: 200, headers: { "appos-proxy": "proxy-1" } });
    expect((await ask("locked.test")).status).toBe(401);
    expect((await ask("far.test", { headers: { "x-forwarded-for": "203.0.113.7" } })).status).toBe(403);
    expect(await who("near.test")).toBe("one");
    expect((await ask("small.test", { method: "POST", body: "x".repeat(2 ** 20 + 1) })).status).toBe(413);
    expect((await ask("small.test", { method: "POST", body: "x".repeat(2 ** 20) })).status).toBe(200);
    expect(await who("b.test")).toBe("one");
    const [[name, text]] = Object.entries(traefikChoices(model, new Set(["appos-blog.web"]))) as [[string, string]];
    await world.place(name, text);
    expect(await who("b.test")).toBe("two");
  } finally {
    await world.end();
    for (const each of [one, two]) each.close();
  }
});
