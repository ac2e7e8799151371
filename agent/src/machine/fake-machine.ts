import type { ServerFacts, ServerSample } from "@appos/shared/servers";
import { parse } from "yaml";
import { fakeCompose } from "./fake-compose.ts";
import { fakeDisk } from "./fake-disk.ts";
import type { FakeServer } from "./fake-server.ts";
import { fakeFacts } from "./fake-facts.ts";
import { fakeNames } from "./fake-names.ts";
import { policyFacts } from "../policy-in-force.ts";
import { CommandFailed, type Engine, type Files, type Machine } from "./machine.ts";

/** Time as a server in memory has it. Left out: a clock that moves when something waits. */
interface FakeTime {
  now(): number;
  elapsed(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export function fakeMachine(folder = "/var/lib/appos", time?: FakeTime): FakeServer {
  let now = Date.UTC(2026, 10, 21);
  const server: Omit<FakeServer, "machine"> = {
    files: new Map(),
    commands: [],
    logins: [],
    containers: [],
    projects: [],
    keepers: [],
    images: new Set(),
    dockerProblem: undefined,
    policy: undefined,
    onRun: () => {},
    onStart: () => {},
    onSleep: () => {},
    onTerminal: () => undefined,
    onRegistry: () => undefined,
    onInside: () => [],
    onHostNginx: () => ({ stdout: [], stderr: [] }),
    hostNginxRuns: false,
    hostCaddy: { started: undefined, onRun: () => ({ stdout: [], stderr: [] }) },
    onConnect: () => true,
    onReach: () => true,
    onVisit: () => ({ status: 200, certificate: null }),
    dns: new Map(),
    addresses: [],
    caaIdentities: undefined,
    onAsk: () => Promise.reject(new Error("connect ECONNREFUSED")),
    listeners: new Map(),
    onIssue: () => Promise.reject(new Error("No authority is here")),
    logs: new Map(),
    disks: new Map(),
    facts: { volumes: new Map(), ports: [], space: { pools: [], taken: [] }, published: new Map(), arch: "amd64" },
  };
  const clock = time ?? {
    now: () => now,
    elapsed: () => now,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      now += ms;
      server.onSleep(now);
      await Promise.resolve();
      signal?.throwIfAborted();
    },
  };
  const compose = fakeCompose(server, clock.now);

  const machine: Machine = {
    folder,
    files: fakeFiles(server.files, server.disks),
    async disk(path, how) {
      const disk = server.disks.get(path) ?? (how === "make" ? mountedDisk() : undefined);
      if (disk) server.disks.set(path, disk);
      return disk && { ...disk.mounted, close: async () => {} };
    },
    pack: async (bytes) => bytes.slice(),
    unpack: async (bytes) => bytes.slice(),
    engine: fakeEngine(server),
    ...clock,
    async run(command, { signal, onLine, logins = [] } = {}) {
      signal?.throwIfAborted();
      server.commands.push(command.join(" "));
      server.logins.push(...logins);
      await server.onRun(command);
      signal?.throwIfAborted();
      if (server.dockerProblem)
        throw new CommandFailed("docker-compose ended with exit code 1", 1, ["Cannot connect to the Docker daemon"]);
      compose(command, onLine ?? (() => {}));
    },
    async resolveCompose({ project, compose: text }) {
      return {
        model: { name: project, networks: { default: { name: `${project}_default`, ipam: {} } }, ...(parse(text) as object) },
        warnings: [],
      };
    },
    dockerProblem: async () => server.dockerProblem,
    projectFile: async () => ({ problem: "is gone" }),
    portHolder: async () => undefined,
    policyText: async () => server.policy,
    facts: async () => ({ ...facts(server.dockerProblem), ...(await policyFacts(machine)) }),
    async openPty(options) {
      const pty = server.onTerminal(options);
      if (!pty) throw new Error("This server can open no terminal on itself.");
      return pty;
    },
    proxy: { http: 80, https: 443, images: { caddy: "caddy:2", nginx: "nginx:1", traefik: "traefik:3" } },
    hostNginx: {
      run: async (args, config) => server.onHostNginx(args, config),
      reload: async () => void server.onHostNginx(["-s", "reload"], undefined),
      hasPort: async () => server.hostNginxRuns,
      place: async (path, text) => void (text === undefined ? server.files.delete(path) : server.files.set(path, text)),
    },
    hostCaddy: {
      started: async () => server.hostCaddy.started,
      run: async (args) => server.hostCaddy.onRun(args),
      read: async (path) => server.files.get(path),
      place: async (path, text) => void (text === undefined ? server.files.delete(path) : server.files.set(path, text)),
      kept: { folder: `${folder}-proxy/kept`, keep: async () => {}, only: async () => {} },
    },
    shown: { folder: `${folder}-proxy`, files: fakeFiles(server.files, server.disks) },
    visit: async (site) => server.onVisit(site),
    reachesControlPlane: async () => server.onReach(),
    names: fakeNames(server),
    outside: { ask: (request, signal) => server.onAsk(request, signal), exchange: () => Promise.reject(new Error("connect ECONNREFUSED")) },
    addresses: () => server.addresses,
    detour: { open: () => Promise.reject(new CommandFailed("iptables is not installed", null, [])), close: async () => {} },
    ownPlaces: async () => ({ addresses: ["127.0.0.1", ...server.addresses], networks: ["172.17.0.0/16"] }),
    caaIdentities: async () => server.caaIdentities,
    authority: {
      newKey: async () => "key",
      issue: (order) => server.onIssue(order),
      newRoot: async ({ notAfter }) => `key of the root\n-----BEGIN CERTIFICATE-----\nroot until ${notAfter}`,
      newLeaf: async ({ name, notAfter }) => `key of ${name} until ${notAfter}`,
      validity: () => undefined,
    },
    sample: async () => ({
      ...sample,
      at: clock.now(),
      containersRunning: server.containers.filter(({ status }) => status.state === "running").length,
    }),
  };
  return Object.assign(server, { machine });
}

function mountedDisk() {
  const disk = fakeDisk();
  return { ...disk, mounted: disk.mount() };
}

function fakeFiles(files: Map<string, string>, disks: FakeServer["disks"]): Files {
  const below = (path: string) => [...files.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
  return {
    write: async (texts) => Object.entries(texts).forEach(([path, text]) => files.set(path, text)),
    share: async (texts) => Object.entries(texts).forEach(([path, text]) => files.set(path, text)),
    read: async (path) => files.get(path),
    list: async (path) => [...new Set(below(path).map((each) => each.slice(path.length + 1).split("/")[0]!))],
    async remove(path) {
      for (const each of below(path)) files.delete(each);
      disks.delete(path);
    },
    linkOnTheWay: async () => undefined,
    look: async (path) => {
      if (files.has(path)) return { folder: false, names: [] };
      const names = [...new Set(below(path).map((each) => each.slice(path.length + 1).split("/")[0]!))];
      return names.length > 0 ? { folder: true, names } : undefined;
    },
    place: async (folder, path, bytes) => void files.set(`${folder}/${path}`, new TextDecoder().decode(bytes)),
    unplace: async (folder, path) => !files.delete(`${folder}/${path}`) && false,
    makeDataFolder: async () => {},
  };
}

function fakeEngine(server: Omit<FakeServer, "machine">): Engine {
  const answer = <T>(value: () => T) =>
    server.dockerProblem
      ? Promise.reject(Object.assign(new Error(server.dockerProblem), { code: "ECONNREFUSED" }))
      : Promise.resolve(value());
  return {
    ...fakeFacts(server, answer),
    ping: () => answer(() => undefined),
    containers: (of) =>
      answer(() =>
        server.containers
          .filter((each) => (of === "apps" ? each.appId !== null : "appId" in of ? each.appId === of.appId : each.project === of.project))
          .map((each) => structuredClone(each)),
      ),
    projects: (only) => answer(() => server.projects.filter(({ project }) => only === undefined || project === only)),
    images: (names) =>
      answer(
        () =>
          new Map(
            names
              .filter((name) => server.images.has(name))
              .map((name) => [name, { id: `sha256:${name}`, digest: `sha256:${name}`, digests: [`sha256:${name}`] }]),
          ),
      ),
    remoteDigest: (image, login) => answer(() => server.onRegistry({ image, login }) ?? `sha256:${image}`),
    tryLogin: (login) => answer(() => void server.onRegistry({ login })),
    removeContainer: (id) =>
      answer(() => {
        server.containers = server.containers.filter((each) => each.id !== id);
        server.keepers = server.keepers.filter((each) => each.id !== id);
      }),
    volumes: () => answer(() => []),
    removeVolume: () => answer(() => undefined),
    networks: () => answer(() => []),
    gateways: () => answer(() => []),
    removeNetwork: () => answer(() => undefined),
    showOutGuests: () => answer(() => undefined),
    keepImage: (project, imageId) => answer(() => void server.keepers.push({ project, id: `keeps ${imageId} for ${project}`, imageId })),
    imageKeepers: (project) => answer(() => server.keepers.filter((each) => each.project === project)),
    publisher: () => answer(() => undefined),
    async logs({ status }, { tail }, onLines) {
      await onLines((server.logs.get(status.container) ?? []).slice(-(tail ?? Infinity)));
    },
    runInside: async (container, command) => (await answer(() => undefined), server.onInside(container, command)),
    listeners: ({ status }) => answer(() => server.listeners.get(status.container)),
    readFolder: () => answer(() => new Map()),
    joinNetwork: ({ id }, network) =>
      answer(() => {
        const container = server.containers.find((each) => each.id === id);
        if (container && !container.networks.includes(network)) container.networks.push(network);
      }),
    leaveNetwork: ({ id }, network) =>
      answer(() => {
        const container = server.containers.find((each) => each.id === id);
        if (container) container.networks = container.networks.filter((each) => each !== network);
      }),
    rename: (id, name) =>
      answer(() => {
        const container = server.containers.find((each) => each.id === id);
        if (container) container.status.container = name;
      }),
    stop: (id) =>
      answer(() => {
        const container = server.containers.find((each) => each.id === id);
        if (container) Object.assign(container.status, { state: "exited", exitCode: 0 });
      }),
    accepts: (id, network, port) => answer(() => server.onConnect({ id, network, port })),
    reached: (ids) => answer(() => new Map(ids.map((id, i) => [id, { network: "bridge", address: `172.18.0.${i + 2}` }]))),
    addressIn: () => answer(() => undefined),
    openConnections: () => answer(() => 0),
    openExec: (container, options) => answer(() => server.onTerminal({ container, ...options })),
    watch: () => {},
  };
}

const GB = 1024 ** 3;
const facts = (dockerProblem: string | undefined): ServerFacts => ({
  hostname: "fake",
  os: "Fake Linux",
  kernel: "6.0",
  arch: "x64",
  cpus: 2,
  memoryBytes: 4 * GB,
  agentVersion: "0",
  dockerVersion: dockerProblem ? null : "20.10",
  composeVersion: "2.26",
  dockerProblem: dockerProblem ?? null,
  policy: null,
  policyProblem: null,
});
const sample: ServerSample = {
  at: 0,
  cpuPercent: 5,
  load1: 0.1,
  memoryUsedBytes: GB,
  memoryTotalBytes: 4 * GB,
  diskUsedBytes: 10 * GB,
  diskTotalBytes: 100 * GB,
  uptimeSeconds: 60,
  containersRunning: 0,
};
