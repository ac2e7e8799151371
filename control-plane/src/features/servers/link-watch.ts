import type { LinkReport } from "@appos/shared/agent-link";
import type { PageQuery } from "@appos/shared/envelope";
import type { TimelineView } from "@appos/shared/servers";
import type { Ports, Statement } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import { inGroups } from "./in-groups.ts";
import { type Line, type News, onConnected, onLost, onTime } from "./link-news.ts";
import { FLAPPING_MS, RETURN_MS } from "./presence.ts";
import type { LinkedServer, ListedServer, TimelineRow } from "./schema.ts";
import { timelineStore } from "./timeline-store.ts";

/** Servers told of in one batch: the database is not held for long. */
const TOLD_AT_ONCE = 50;
/** How often what others write of meanwhile is made anew. */
const TRIES = 10;
/** Lines of one server's timeline that are kept, and for how long. */
const LINES_KEPT = 1_000;
const LINES_MS = 365 * 24 * 3_600_000;

interface Loss {
  why: string;
  epoch: number | undefined;
}
interface Made {
  statements: Statement[];
  /** Its timeline has one more line. */
  grows: boolean;
  /** The last statement gives back what it has changed: nothing where the server is another by then. */
  checked?: boolean;
  /** A screen shows something else now. */
  told: boolean;
}
interface Change {
  /** The server's id. */
  key: string;
  /** The link it is about: nothing is changed once there is a newer one. */
  epoch?: number | undefined;
  make(server: LinkedServer, now: number): Made;
}

/** Keeps what becomes of every server's link: what is news of it, and what is none. */
export function linkWatch({ database, clock, events }: Ports, steadyNow: () => Promise<number | undefined>) {
  const store = timelineStore(database);
  /** What the loss was that came before the link which a server now has. Of the control plane's own absence nobody need give an account. */
  const lossBefore = new Map<string, "short" | "told">();
  /** Servers whose timeline has grown since it was last trimmed. */
  const grown = new Set<string>();
  /** Losses that could not be written down, with their reasons: they are, as soon as that works again. */
  const unwritten = new Map<string, Loss>();
  /** When it was last said of a server that its key is used twice. */
  const copies = new Map<string, number>();
  let lossCount = 0;
  let stopping = false;

  /** What becomes of many servers at once is read and written together. Where somebody else was quicker it is made anew. */
  const change = inGroups<Change>(TOLD_AT_ONCE, async (group) => {
    for (let tries = 1, left = group; left.length > 0; tries++) {
      if (tries > TRIES) throw new Error("What became of a server's link could not be written down: others write of it all the time.");
      left = await changeOnce(left);
    }
  });
  /** Gives back those of which somebody else wrote meanwhile. */
  async function changeOnce(group: Change[]): Promise<Change[]> {
    const now = clock.now();
    const rows = new Map((await store.findMany(group.map(({ key }) => key))).map((server) => [server.id, server]));
    const changes = group.flatMap((change) => {
      const server = rows.get(change.key);
      const isStale = change.epoch !== undefined && server?.link !== change.epoch;
      return server && !isStale ? [{ change, ...change.make(server, now) }] : [];
    });
    const [first, ...more] = changes.flatMap(({ statements }) => statements);
    if (!first) return [];
    const results: unknown[] = await store.batch([first, ...more]);
    let end = 0;
    return changes.flatMap(({ change, statements, checked, grows, told }) => {
      end += statements.length;
      if (checked && (results[end - 1] as unknown[]).length === 0) return [change];
      if (grows) grown.add(change.key);
      if (told) events.publish({ type: "server.changed", id: change.key });
      return [];
    });
  }
  function made(server: LinkedServer, news: News, now: number): Made {
    const statements = store.statements(server, news, now);
    return { statements, checked: statements.length > 0, grows: news.lines.length > 0, told: news.told };
  }

  const lose = (id: string, loss: Loss) =>
    change({ key: id, epoch: loss.epoch, make: (server, now) => made(server, onLost(server, loss.why, now), now) }).catch(
      (error: unknown) => {
        unwritten.set(id, loss);
        throw error;
      },
    );

  return {
    connected: (id: string, address: string | null, epoch?: number) =>
      change({
        key: id,
        epoch,
        make(server, now) {
          unwritten.delete(id);
          const news = onConnected(server, address, now);
          if (news.short) lossBefore.set(id, "short");
          else if (server.disconnectedAt !== null && server.lostWhy !== null) lossBefore.set(id, "told");
          else lossBefore.delete(id);
          return made(server, news, now);
        },
      }),
    async disconnected(id: string, why: string, epoch?: number) {
      if (stopping) return;
      lossCount++;
      await lose(id, { why, epoch });
    },

    /** What an agent says of itself once it is let in: that it or its host was started again, and why its last link had ended. */
    reported: (id: string, report: LinkReport) =>
      change({
        key: id,
        make(server, at) {
          const lines = restarts(server, report).map((what): Line => ({ at, what }));
          const known = server.agentLife === report.life && server.hostBoot === report.boot;
          const loss = lossBefore.get(id);
          lossBefore.delete(id);
          const account = report.last && loss ? [store.agentWhy(id, report.last.why, loss === "short")] : [];
          const statements = [...(known ? [] : [store.setLife(id, report)]), ...account, ...lines.flatMap((line) => store.add(id, line))];
          return { statements, grows: lines.length > 0, told: lines.length > 0 || (account.length > 0 && loss === "told") };
        },
      }),

    /** Another agent showed this server's key while its own was up. It tries again and again: one line in ten minutes says so. */
    async copied(id: string, address: string | null) {
      const now = clock.now();
      if (now - (copies.get(id) ?? -Infinity) < FLAPPING_MS) return;
      copies.set(id, now);
      const why =
        "Another agent with this server's key tried to connect. If the machine was copied, enroll the copy as a server of its own.";
      await change({
        key: id,
        // The timeline is asked as well: on some platforms this is forgotten between two tries.
        make: (_, at) => ({
          statements: store.addRarely(id, { at, what: "copied", why, address }, at - FLAPPING_MS),
          grows: true,
          told: true,
        }),
      });
    },

    /** Nobody is connected to a control plane that has just started. Whoever is back within a minute was never away. */
    allDisconnected: () => store.ended("all", clock.now(), clock.now() + RETURN_MS),
    /** The control plane stops: what becomes of its links is no loss of any server's. */
    freeze: () => void (stopping = true),

    /** Tells what time alone has made news. Called every few seconds. */
    async tellTime() {
      const again = [...unwritten];
      unwritten.clear();
      await Promise.all(again.map(([id, loss]) => lose(id, loss)));
      const due = await store.toTell(clock.now());
      await Promise.all(due.map(({ id }) => change({ key: id, make: (server, now) => made(server, onTime(server, now), now) })));
    },

    /** Timelines do not grow for ever. While the time cannot be believed, no line is too old. */
    async trimTimelines(which: Iterable<string> = grown) {
      const now = await steadyNow();
      const before = now === undefined ? 0 : now - LINES_MS;
      for (const id of [...which].slice(0, TOLD_AT_ONCE)) {
        grown.delete(id);
        await store.trim(id, LINES_KEPT, before);
      }
    },

    lossCount: () => lossCount,
    lastLink: (id: string) => store.lastLink(id),
    enrolledLine: (id: string, address: string) => store.add(id, { at: clock.now(), what: "enrolled", address }),
    timeline: async (id: string, page: PageQuery) => pageOf((await store.list(id, page)).map(view), await store.count(id), page),
  };
}

/** What was started again since an agent last spoke of itself. A host that starts takes its agent along. */
function restarts({ agentLife, hostBoot }: ListedServer, { life, boot }: LinkReport): ("host-restarted" | "agent-restarted")[] {
  if (agentLife === null || agentLife === life) return [];
  return hostBoot !== null && boot !== null && hostBoot !== boot ? ["host-restarted"] : ["agent-restarted"];
}

const view = ({ number, at, what, why, agentWhy, address, lastedMs, shortLosses }: TimelineRow): TimelineView => ({
  id: String(number),
  at,
  what,
  why,
  agentWhy,
  address,
  lastedMs,
  shortLosses,
});
