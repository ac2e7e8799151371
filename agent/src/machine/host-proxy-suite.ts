import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { SiteState } from "@appos/shared/sites";
import { keepProxy } from "../proxy/keeper.ts";
import { siteStates } from "../proxy/states.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import type { HostWorld } from "./host-world.ts";
import type { Machine } from "./machine.ts";
import { acmeAuthority } from "./proxy-world.ts";

/** What holds for each of them. */
export function hostProxySuite(host: HostWorld, ports: { http: number; https: number; acme: number }, image: string, APP: string) {
  const PORTS = { http: ports.http, https: ports.https };
  const images = { caddy: "", nginx: "", traefik: "", [host.driver]: image };
  const world = engineWorld({ proxy: { ...PORTS, images, hostNginx: host.settings } });
  // As /var/lib is: whoever talks to visitors gets to what it is shown.
  chmodSync(world.folder, 0o755);
  const { machine } = world;
  let acme: Awaited<ReturnType<typeof acmeAuthority>>;
  /** What serves after the third deployment. */
  const last = host.reloadsToDeploy ? "two" : "three";
  const OTHER = `${APP}-other`;
  const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
  const app = (words: string, sleeps = "") =>
    `services:\n  web:\n    image: ${BUSYBOX}\n    command: ["/bin/sh", "-c", "mkdir -p /tmp/www; echo ${words} > /tmp/www/index.html; ${sleeps}exec httpd -f -p 8080 -h /tmp/www"]\n    stop_grace_period: 0s\n`;

  const listener = globalThis as { apposFailpoint?: ((name: string) => void) | undefined };
  beforeAll(async () => {
    acme = await acmeAuthority({ port: ports.acme, httpPort: PORTS.http });
    expect(await world.deploy(APP, 1, app("one"))).toMatchObject({ outcome: "succeeded" });
  }, 60_000);
  afterEach(() => void (listener.apposFailpoint = undefined));
  afterAll(async () => {
    await apply([]);
    await world.end();
    await host.end();
    acme.end();
  }, 60_000);

  const site = (name: string, more: object = {}) => ({
    name,
    https: "off",
    forceHttps: true,
    alias: null,
    routes: [{ path: "/", app: APP, service: "web", port: 8080 }],
    ...more,
  });
  const apply = (sites: object[], place: object = { place: "host" }) =>
    inTurn(async () => {
      const ending = await world.run("apply-sites", { driver: host.driver, ...place, acme: acme.settings, sites });
      return { ...ending, sites: (ending.result as { sites: SiteState[] } | undefined)?.sites };
    });

  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = turn.then(task);
    turn = done.catch(() => undefined);
    return done;
  }
  /** What goes on by itself while a test runs. */
  async function keeping<T>(act: () => Promise<T>): Promise<T> {
    const stop = new AbortController();
    keepProxy({ machine, inLane: (_, task) => inTurn(task), warn: () => undefined, signal: stop.signal });
    try {
      return await act();
    } finally {
      stop.abort();
      await turn;
    }
  }

  const get = (name: string, path = "/", headers: Record<string, string> = {}) =>
    new Promise<string>((resolve) => {
      const asked = request({ host: "127.0.0.1", port: PORTS.http, path, agent: false, headers: { host: name, ...headers } }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () => resolve(answer.statusCode === 200 ? text.trim() : `status ${answer.statusCode}`));
        answer.on("close", () => resolve("cut off"));
      });
      asked.setTimeout(10_000, () => asked.destroy(new Error("silent")));
      asked.on("error", (error) => resolve(String(error)));
      asked.end();
    });
  const theirs = async () => [await get("theirs.test"), await get("unknown.test")];

  test("an app is served beside what was there, by one file among the others", async () => {
    const access = { users: [{ name: "ada", hash: "$2b$04$OFAOSiXHYfHyCXZTvXV2du3wPW43tvYtoFYEudGWDAxvU8wnE.u3q" }], networks: [] };
    const guarded = site("b.apps.test", {
      access,
      downPage: "<p>$host { back soon }</p>",
      maxBodyMb: 5,
      headers: [{ name: "X-By", value: "us" }],
    });
    expect(await apply([site("a.apps.test", { alias: "www.a.apps.test" }), guarded])).toMatchObject({
      outcome: "succeeded",
      sites: [
        { name: "a.apps.test", status: 200 },
        { name: "b.apps.test", status: 401 },
      ],
    });
    expect(await get("a.apps.test")).toBe("one");
    expect(await get("www.a.apps.test")).toBe("status 308");
    expect(await get("b.apps.test")).toBe("status 401");
    expect(await theirs()).toEqual(["theirs", "nobody's"]);
    expect(readdirSync(host.at("conf.d"))).toEqual([basename(host.own)]);
    expect(readdirSync(host.at()).sort()).toEqual(host.files);
    // Nobody lists who may visit.
    expect(statSync(machine.shown.folder).mode & 0o777).toBe(0o711);
    expect(docker("ps", "-aq", "--filter", `label=com.docker.compose.project=appos_proxy_${PORTS.http}`)).toBe("");
  });

  test("what it serves already stays its own, and its configuration is what decides", async () => {
    for (const name of ["theirs.test", "x.theirs.test"])
      expect(await apply([site("a.apps.test"), site(name)])).toMatchObject({
        outcome: "failed",
        error: { code: "PROXY_REFUSED", message: expect.stringContaining(`${name} is served by ${host.title} of this server already`) },
      });
    host.breakIt();
    expect(await apply([site("c.apps.test")])).toMatchObject({
      outcome: "failed",
      error: { code: "PROXY_REFUSED", message: expect.stringMatching(host.complaint) },
    });
    host.mend();
    host.passes();
    expect(await get("a.apps.test")).toBe("one");
    expect(existsSync(host.beside)).toBe(false);
  });

  test("a certificate comes by itself, and its key is for it alone", async () => {
    expect(await apply([site("a.apps.test", { https: "acme" })])).toMatchObject({ outcome: "succeeded" });
    await keeping(() =>
      vi.waitFor(
        async () =>
          expect(await siteStates(machine)).toMatchObject([{ status: 200, certificate: { issuer: expect.stringContaining("Pebble") } }]),
        { timeout: 30_000, interval: 300 },
      ),
    );
    expect(await get("a.apps.test")).toBe("status 308");
    expect(statSync(host.keyOf("a.apps.test")).mode & 0o777).toBe(host.keyMode);
    // Over HTTPS a name of nobody's is refused, for nobody else is there to answer it.
    expect(await machine.visit({ name: "unknown.test", path: "/", https: true, port: PORTS.https })).toMatchObject({ certificate: null });
    expect(await theirs()).toEqual(["theirs", "nobody's"]);
  });

  test("a container that is made anew is found, and a deployment meets no visitor with nobody", async () => {
    expect(await apply([site("a.apps.test")])).toMatchObject({ outcome: "succeeded" });
    await keeping(async () => {
      const { id } = (await world.containers(APP))[0]!;
      // Somebody else takes its address.
      docker("stop", "-t", "0", id);
      await vi.waitFor(async () => expect(await get("a.apps.test")).toBe("status 503"), { timeout: 10_000 });
      docker("run", "-d", "--rm", "--name", OTHER, "--network", `appos-${APP}_default`, BUSYBOX, "/bin/sleep", "60");
      docker("start", id);
      await vi.waitFor(async () => expect(await get("a.apps.test")).toBe("one"), { timeout: 10_000 });
      docker("rm", "-f", OTHER);

      const answers = new Map<string, number>();
      let isOver = false;
      const visitors = Array.from({ length: 3 }, async () => {
        while (!isOver) {
          const answer = await get("a.apps.test");
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
        }
      });
      expect(await world.deploy(APP, 2, app("two"))).toMatchObject({ outcome: "succeeded" });
      isOver = true;
      await Promise.all(visitors);
      expect([...answers.keys()].sort()).toEqual(["one", "two"]);
      expect(await world.containers(APP)).toHaveLength(1);

      // It would take nothing new just now: where that is needed, who serves goes on.
      host.breakIt();
      const third = await world.deploy(APP, 3, app("three"));
      expect(third).toMatchObject(
        host.reloadsToDeploy ? { outcome: "failed", error: { code: "PROXY_REFUSED" } } : { outcome: "succeeded" },
      );
      expect(await get("a.apps.test")).toBe(last);
      host.mend();
      host.passes();
    });
  }, 60_000);

  test("killed at any moment, what is there is what its checker takes, and the next one goes on from there", async () => {
    const moments = [
      "agent: the change of the proxy is noted",
      "agent: the next proxy configuration is written",
      "agent: the next configuration of the host is beside its own",
      "agent: the proxy configuration is in its place",
      "agent: the proxy has reloaded",
      "agent: the change of the proxy is to be confirmed",
    ];
    const disk = [join(machine.folder, "proxy"), host.at()];
    const copy = join(world.folder, "as-killed");
    for (const [sites, at] of [
      [[site("a.apps.test"), site("k.apps.test")], moments],
      [[], moments.slice(-1)],
    ] as const)
      for (const moment of at) {
        let isKilled = false;
        listener.apposFailpoint = (name) => {
          if (name !== moment || isKilled) return;
          isKilled = true;
          host.passes();
          // What it does after that never was.
          for (const [n, path] of disk.entries()) cpSync(path, `${copy}/${n}`, { recursive: true });
        };
        await apply([...sites]);
        listener.apposFailpoint = undefined;
        expect([moment, isKilled]).toEqual([moment, true]);
        for (const [n, path] of disk.entries()) {
          for (const name of [
            "host.json",
            "unconfirmed.json",
            "model.json",
            "config/host",
            `conf.d/${basename(host.own)}`,
            basename(host.beside),
          ])
            rmSync(join(path, name), { recursive: true, force: true });
          cpSync(`${copy}/${n}`, path, { recursive: true });
          host.copied();
        }
        rmSync(copy, { recursive: true, force: true });
        // So does the proxy, whoever it is that has it reload.
        host.reload();
        expect(await theirs()).toEqual(["theirs", "nobody's"]);
        expect(await apply([site("a.apps.test")])).toMatchObject({ outcome: "succeeded" });
        host.passes();
        const seen = async () => [await get("a.apps.test"), await get("k.apps.test")];
        await vi.waitFor(async () => expect(await seen()).toEqual([last, "nobody's"]), { timeout: 5_000 });
        expect(existsSync(host.beside)).toBe(false);
      }
  }, 90_000);

  test("a change that cuts the server off is undone, the first one as well", async () => {
    const { elapsed } = machine;
    const clock = Object.assign(machine as { -readonly [K in keyof Machine]: Machine[K] }, {
      // Nobody is waited for as long as that.
      elapsed: () => elapsed() * 10,
      reachesControlPlane: async () => (await get("cut.apps.test")) === "nobody's",
    });
    const cut = { outcome: "failed", error: { code: "PROXY_REFUSED", message: expect.stringContaining("It was undone") } };
    try {
      expect(await apply([site("a.apps.test"), site("cut.apps.test")])).toMatchObject(cut);
      expect([await get("a.apps.test"), await get("cut.apps.test")]).toEqual([last, "nobody's"]);
      expect(await apply([])).toMatchObject({ outcome: "succeeded" });
      expect(await apply([site("cut.apps.test")])).toMatchObject(cut);
      expect([await get("cut.apps.test"), existsSync(host.own)]).toEqual(["nobody's", false]);
    } finally {
      Object.assign(clock, { elapsed, reachesControlPlane: async () => false });
    }
    expect(await apply([site("a.apps.test")])).toMatchObject({ outcome: "succeeded" });
  }, 60_000);

  test("while it is stopped, that is said; a container gets its ports only then, and with the last domain nothing of ours is left", async () => {
    expect(await apply([site("a.apps.test")], {})).toMatchObject({
      outcome: "failed",
      error: { code: "PROXY_REFUSED", message: expect.stringContaining(`systemctl disable --now ${host.driver}`) },
    });
    expect(await get("a.apps.test")).toBe(last);
    await host.stop();
    expect(await siteStates(machine)).toMatchObject([
      { status: null, certificateProblem: expect.stringContaining(`systemctl start ${host.driver}`) },
    ]);
    expect(await apply([site("a.apps.test"), site("d.apps.test")])).toMatchObject({
      outcome: "failed",
      error: { message: expect.stringContaining("is not running") },
    });
    expect(await apply([site("a.apps.test")], {})).toMatchObject({ outcome: "succeeded", sites: [{ status: 200 }] });
    expect(existsSync(host.own)).toBe(false);
    expect(await apply([], {})).toMatchObject({ outcome: "succeeded" });
    await host.restart();
    expect(await apply([site("a.apps.test")])).toMatchObject({ outcome: "succeeded", sites: [{ status: 200 }] });
    expect(await apply([])).toMatchObject({ outcome: "succeeded" });
    expect(await get("a.apps.test")).toBe("nobody's");
    expect([existsSync(host.own), readdirSync(join(machine.folder, "proxy/config/host"))]).toEqual([false, []]);
    expect(await theirs()).toEqual(["theirs", "nobody's"]);
  }, 60_000);
}
