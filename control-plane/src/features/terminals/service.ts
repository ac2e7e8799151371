import type { TerminalReport } from "@appos/shared/agent-link";
import type { PageQuery } from "@appos/shared/envelope";
import { allowTerminal } from "@appos/shared/policy-rules";
import { type TerminalTarget, type TerminalTicket, type TerminalView, TICKET_MS } from "@appos/shared/terminals";
import { randomText, sha256 } from "../../bytes.ts";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { AppService } from "../apps/service.ts";
import { develops, may } from "../auth/roles.ts";
import type { AuthService, Caller } from "../auth/service.ts";
import type { PeopleService } from "../people/service.ts";
import type { ServerService } from "../servers/service.ts";
import type { SystemService } from "../system/service.ts";
import type { TerminalRow, TicketRow } from "./schema.ts";
import { terminalStore } from "./store.ts";

export type TerminalService = ReturnType<typeof terminalService>;

/** More than this many of one user at once is a mistake, or meant to do harm. */
const OPEN_AT_ONCE = 20;
/** What has not begun by then was never reached. */
const BEGIN_WITHIN_MS = 5 * 60_000;
/** For how long it is kept who opened a terminal, and how many of them go at once. */
const KEPT_MS = 365 * 24 * 3_600_000;
const FORGOTTEN_AT_ONCE = 200;
const GONE = "The agent of its server has ended, and every terminal with it.";

/** Where a ticket is used: what stands in the socket's address. */
export interface Place {
  kind: "servers" | "apps";
  idOrName: string;
}

/** Somebody who was let in: to which terminal, over which link; undefined where the server has none. */
export interface Admission {
  terminalId: string;
  serverId: string;
  target: TerminalTarget;
  userId: string;
  by: string;
  credential: string;
  /** It has begun: it is not opened a second time. */
  resume: boolean;
  epoch: number | undefined;
}

/** Terminals: who may open one, what lets a socket in, and what was opened. What flows passes through the server's room. */
export function terminalService(
  { database, clock, rooms, events }: Ports,
  system: SystemService,
  auth: AuthService,
  servers: ServerService,
  apps: AppService,
  people: PeopleService,
  activity: ActivityService,
) {
  const store = terminalStore(database);
  const changed = (serverId: string) => events.publish({ type: "server.changed", id: serverId });

  const tooMany = () => new AppError("TOO_MANY_TERMINALS", `You have ${OPEN_AT_ONCE} terminals open. End one of them first.`);

  async function mayOpen(who: Pick<Caller, "role" | "projects">, target: TerminalTarget): Promise<boolean> {
    if (may(who.role, "terminals", target.type)) return true;
    if (target.type === "host" || who.projects.length === 0) return false;
    return (await people.projectsOf({ kind: "app", id: target.appId })).some((id) => develops(who, id));
  }

  /** Ends those whose users are none any more, or may open none now; of a server that is away, when it is back. */
  async function endDisallowed(serverId?: string) {
    const open = await store.allOpen(serverId);
    if (open.length === 0) return;
    for (const [userId, theirs] of Map.groupBy(open, (row) => row.userId)) {
      const user = await auth.standingOf(userId);
      for (const { id, serverId: on, target, by } of theirs)
        if (!user || !(await mayOpen(user, target))) rooms.endTerminals(on, [id], `${by} may not do this any more.`);
    }
  }

  /** Of another's terminal nobody learns that it exists. */
  async function assertOwn(session: string, serverId: string, target: TerminalTarget, { userId }: Caller) {
    const row = await store.find(session);
    if (!row || row.userId !== userId || row.serverId !== serverId || !sameTarget(row.target, target)) return notFound("terminal");
    if (row.endedAt !== null) throw ended(row);
  }

  async function issue(serverId: string, target: TerminalTarget, session: string | undefined, caller: Caller, actor: Actor) {
    const server = await servers.find(serverId);
    if (session !== undefined) await assertOwn(session, server.id, target, caller);
    const policy = servers.policyOf(server);
    const refusal = policy && allowTerminal(policy, { target, by: caller.email });
    if (refusal) throw servers.policyRefused(refusal);
    if (session === undefined && (await store.countOpenOf(caller.userId)) >= OPEN_AT_ONCE) throw tooMany();
    if ((await rooms.link(server.id)) === undefined)
      throw new AppError("SERVER_AWAY", `${server.name} is away. A terminal can be opened once it is back.`);
    const [ticket, expiresAt] = [randomText(24), clock.now() + TICKET_MS];
    const terminalId = session ?? newId("term", clock);
    await store.insertTicket({
      hash: sha256(ticket),
      terminalId,
      serverId: server.id,
      target,
      userId: caller.userId,
      by: caller.email,
      address: actor.address,
      credential: caller.credential,
      expiresAt,
    });
    return { ticket, session: terminalId, expiresAt } satisfies TerminalTicket;
  }

  async function isAt({ serverId, target }: TicketRow, { kind, idOrName }: Place): Promise<boolean> {
    if (kind === "apps") return target.type === "exec" && (idOrName === target.appId || idOrName === target.name);
    return target.type === "host" && (idOrName === serverId || (await servers.find(idOrName).catch(() => undefined))?.id === serverId);
  }

  /** Whether whoever was let in by this may still be there; "gone" for one who is no user any more, or may not open terminals. */
  async function standing({
    credential,
    userId,
    target,
  }: Pick<Admission, "credential" | "userId" | "target">): Promise<"in" | "out" | "gone"> {
    const { caller, userExists } = await auth.byCredential(credential, userId);
    if (!caller) return userExists ? "out" : "gone";
    return (await mayOpen(caller, target)) ? "in" : "gone";
  }

  /** Writes down that it is opened, with who asked; of many who come together none is let in beyond what a user may have. */
  async function begin(ticket: TicketRow, epoch: number): Promise<boolean> {
    const { terminalId: id, serverId, target, userId, by, address } = ticket;
    const row = await store.find(id);
    if (row) {
      await store.asked(id, epoch);
      return row.startedAt !== null;
    }
    if (!(await store.insertBelow(OPEN_AT_ONCE, { id, serverId, target, userId, by, address, epoch, openedAt: clock.now() })))
      throw tooMany();
    const place =
      target.type === "host"
        ? { subject: await servers.nameOf(serverId) }
        : { subject: `${target.name}/${target.service}`, appId: target.appId };
    const act = {
      actor: { name: by, address },
      action: target.type === "host" ? "open-host-terminal" : "open-terminal",
      serverId,
      ...place,
    };
    await activity.write(act, []);
    changed(serverId);
    return false;
  }

  return {
    askHost: async (idOrName: string, session: string | undefined, caller: Caller, actor: Actor) =>
      issue((await servers.find(idOrName)).id, { type: "host" }, session, caller, actor),
    async askExec(idOrName: string, service: string, session: string | undefined, caller: Caller, actor: Actor) {
      const { id, name, serverId } = await apps.find(idOrName);
      return issue(serverId, { type: "exec", appId: id, name, service }, session, caller, actor);
    },
    async list(idOrName: string, page: PageQuery) {
      const { id } = await servers.find(idOrName);
      return pageOf((await store.list(id, page)).map(viewOf), await store.count(id), page);
    },

    /**
     * Lets a socket in by its ticket, and writes down that a terminal is opened, before anybody hears of it. Undefined for no valid
     * ticket; throws TOO_MANY_TERMINALS.
     */
    async admit(ticket: string, place: Place, hasOrigin: boolean): Promise<Admission | undefined> {
      const taken = await store.takeTicket(sha256(ticket), clock.now());
      if (!taken || !(await isAt(taken, place))) return undefined;
      const { terminalId, serverId, target, userId, by, credential } = taken;
      // A browser always says which page asks.
      if (!hasOrigin && credential.startsWith("session:")) return undefined;
      if ((await standing(taken)) !== "in") return undefined;
      const epoch = await rooms.link(serverId);
      const resume = await begin(taken, epoch ?? 0);
      return { terminalId, serverId, target, userId, by, credential, resume, epoch };
    },
    standing,
    endDisallowed,

    /** Its server has said that it is there. */
    async started(serverId: string, id: string) {
      await store.batch([store.started(serverId, [id], clock.now())]);
    },
    /** It could not be opened. */
    async refused(serverId: string, id: string, why: string) {
      await store.batch([store.ended(serverId, id, why, clock.now())]);
      changed(serverId);
    },
    /** What a server's agent says of its terminals, over its newest link. */
    async reported(serverId: string, epoch: number, { open, ended }: TerminalReport) {
      // Most servers have none, and every one of them says so whenever it connects.
      if (!(await store.anyOpenOn(serverId))) return;
      const endedAt = clock.now();
      await store.batch([
        store.started(serverId, open, endedAt),
        ...ended.map(({ session, why }) => store.ended(serverId, session, why, endedAt)),
        store.endedMeanwhile(serverId, open, epoch, { why: GONE, endedAt }),
      ]);
      changed(serverId);
      // Who was removed while the server was away has left some behind, perhaps.
      await endDisallowed(serverId);
    },
    /** Forgets what is over. Asked for once a minute. */
    async tidy() {
      const now = clock.now();
      await store.dropTickets(now);
      await store.neverBegan(now - BEGIN_WITHIN_MS, { why: "Its server was not reached.", endedAt: now });
      await endDisallowed();
      await store.endedWithServer({ why: "Its server was removed.", endedAt: now });
      const steady = await system.steadyNow();
      if (steady !== undefined) await store.forget(steady - KEPT_MS, FORGOTTEN_AT_ONCE);
    },
  };
}

const ended = ({ why }: TerminalRow) => new AppError("TERMINAL_ENDED", `This terminal has ended. ${why ?? ""}`.trim());

const sameTarget = (a: TerminalTarget, b: TerminalTarget) =>
  a.type === "host" ? b.type === "host" : b.type === "exec" && a.appId === b.appId && a.service === b.service;

function viewOf({ id, serverId, target, by, address, openedAt, endedAt, why }: TerminalRow): TerminalView {
  const at = target.type === "exec" ? target : { appId: null, name: null, service: null };
  return { id, serverId, appId: at.appId, appName: at.name, service: at.service, by, address, openedAt, endedAt, why };
}
