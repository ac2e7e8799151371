import type { ConsoleAddress, SetConsoleAddress } from "@appos/shared/domains";
import { AppError, notFound } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { Actor } from "../activity/service.ts";
import type { AppService } from "../apps/service.ts";
import type { JobService } from "../jobs/service.ts";
import type { ServerRow, ServerService } from "../servers/service.ts";
import { consoleStore } from "./console-store.ts";
import { standOf } from "./domain-view.ts";
import { consoleHttps } from "./model.ts";
import { nameTaken } from "./names.ts";
import type { domainStore } from "./store.ts";
import { type Change, type tellServer, unchanged } from "./tell-server.ts";

interface Around {
  store: ReturnType<typeof domainStore>;
  tell: ReturnType<typeof tellServer>;
  servers: ServerService;
  jobs: JobService;
  apps: AppService;
  /** Names that lead to addresses. */
  named(names: string[]): Promise<unknown[]>;
}

/** The console's own address, which the proxy of the server serves that the control plane runs on. Where it listens by itself it answers all the same. */
export function consoleAddresses({ database, clock, events, settings }: Ports, { store, tell, servers, jobs, apps, named }: Around) {
  const consoles = consoleStore(database);

  async function ownServer(): Promise<ServerRow> {
    const own = await settings.consoleServer();
    if ("problem" in own) throw new AppError("NO_LOCAL_SERVER", own.problem);
    return servers.find(own.id);
  }

  /** Those that come to it by this name would be cut off. */
  async function notNeeded(name: string, serverId: string) {
    const agents = (await servers.lookingFor(name)).filter(({ id }) => id !== serverId).map((each) => each.name);
    if (agents.length === 0) return;
    const who = agents.length === 1 ? `The server ${agents[0]} reaches` : `${agents.length} servers, among them ${agents[0]}, reach`;
    const they = agents.length === 1 ? "it" : "them";
    throw new AppError("CONFLICT", `${who} AppOS at ${name}, and would be cut off. Enroll ${they} again at another address first.`);
  }

  async function isFree(name: string) {
    if ((await named([name])).length > 0) throw nameTaken("domain", `${name} leads to an address already.`);
    const [owner] = await store.owners([name]);
    if (!owner) return;
    throw nameTaken("domain", `${name} leads to the app ${(await apps.named(owner.appId))?.name ?? owner.appId} already.`);
  }

  async function change(
    server: ServerRow,
    act: { actor: Actor; action: string; subject: string },
    make: () => Promise<Omit<Change, "after">>,
  ) {
    await tell({ server, act }, async (served) => ({ ...unchanged(served), ...(await make()) }));
    events.publish({ type: "server.changed", id: server.id });
  }

  async function view(): Promise<ConsoleAddress> {
    const [row, own] = [await consoles.current(), await settings.consoleServer()];
    const around = { unavailable: "problem" in own ? own.problem : null, publicUrl: settings.publicUrl ?? null };
    if (!row) return { ...around, ...nowhere };
    const [proxy] = await store.proxies([row.serverId]);
    const presence = (await servers.presences([row.serverId])).get(row.serverId);
    const job = proxy?.jobId ? (await jobs.getMany([proxy.jobId])).at(0) : undefined;
    return {
      ...around,
      domain: row.name,
      url: `https://${row.name}`,
      https: consoleHttps(row.name, await store.certificates()),
      server: { id: row.serverId, name: presence?.name ?? row.serverId },
      ...standOf(row.revision, proxy, job, presence?.linked ?? false),
      certificate: row.seen?.certificate ?? null,
      certificateProblem: row.seen?.certificateProblem ?? null,
      seen: row.seen !== null,
      answers: row.seen?.status ?? null,
    };
  }

  return {
    view,
    current: consoles.current,

    /** Asked for once more, it is told once more. */
    async set({ domain: name }: SetConsoleAddress, actor: Actor): Promise<ConsoleAddress> {
      const server = await ownServer();
      await change(server, { actor, action: "set-console-address", subject: name }, async () => {
        const now = await consoles.current();
        if (now && now.serverId !== server.id)
          throw new AppError("CONFLICT", `${now.name} is served by ${await servers.nameOf(now.serverId)} still. Remove it first.`);
        if (now && now.name !== name) await notNeeded(now.name, server.id);
        await isFree(name);
        return { console: name, statements: (jobId) => [consoles.set({ name, serverId: server.id }, jobId)] };
      });
      return view();
    },

    async remove(actor: Actor): Promise<ConsoleAddress> {
      const { name, serverId } = (await consoles.current()) ?? notFound("address of the console");
      const server = await servers.find(serverId);
      await change(server, { actor, action: "remove-console-address", subject: name }, async () => {
        await notNeeded(name, serverId);
        return { console: null, statements: () => [consoles.remove(serverId)] };
      });
      return view();
    },

    /** Where people and agents are sent from now on: only once it is served with a certificate that all of them trust. */
    async url(): Promise<string | undefined> {
      const row = await consoles.current();
      if (row && consoleHttps(row.name, await store.certificates()) === "internal") return undefined;
      if (!row?.seen?.certificate || row.seen.certificate.notAfter <= clock.now()) return undefined;
      const [proxy] = await store.proxies([row.serverId]);
      return row.revision <= (proxy?.appliedRevision ?? 0) ? `https://${row.name}` : undefined;
    },
  };
}

const nowhere = {
  domain: null,
  url: null,
  https: null,
  server: null,
  status: null,
  problem: null,
  certificate: null,
  certificateProblem: null,
  seen: false,
  answers: null,
};
