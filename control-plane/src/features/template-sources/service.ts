import type { PageQuery } from "@appos/shared/envelope";
import type { Danger } from "@appos/shared/plan";
import type {
  ChangeTemplateSource,
  ImportReportItem,
  NewTemplateSource,
  ReportQuery,
  TemplateSourceView,
} from "@appos/shared/template-sources";
import { AppError, errorText, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import { outsideAddress } from "../../outbound/address.ts";
import type { Ports } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import { noGit, placeOf } from "./fetching/places.ts";
import { nextAt } from "./next-at.ts";
import type { SourceRow } from "./schema.ts";
import { foreignShelf } from "./shelf.ts";
import { sourceStore } from "./store.ts";

export type TemplateSourceService = ReturnType<typeof templateSourceService>;

const MOST = 50;
/** Looked up together, and read one after the other. */
const AT_ONCE = 4;

/** Sources of templates besides our own: kept here, so that they are there while their hosts are not. */
export function templateSourceService(ports: Ports, activity: ActivityService) {
  const { database, clock, events, outbound, git, log, linger } = ports;
  const store = sourceStore(database);
  const changed = (id: string) => events.publish({ type: "template-source.changed", id });
  /** What reads and translates other people's templates is loaded with the first that is read. */
  const refresh = async (id: string) => (await import("./refresh.ts")).refresher(ports, store, changed)(id);
  const find = async (id: string) => (await store.find(id)) ?? notFound("template source");
  let running: Promise<void> | undefined;

  let again = false;
  async function readDue() {
    do {
      again = false;
      for (const { id } of await store.due(clock.now(), AT_ONCE)) {
        again = true;
        await refresh(id);
      }
    } while (again);
  }
  /** Reads those that are due: one go at a time in this process; what others are at, they do. */
  function run(): Promise<void> {
    again = true;
    running ??= readDue().finally(() => (running = undefined));
    return running;
  }
  /** Where it can go on after the answer it begins now, and else in the next minute. */
  function soon() {
    linger?.(run().catch((error: unknown) => log.error("template sources could not be read", { error: errorText(error) })));
  }

  const view = (row: SourceRow): TemplateSourceView => ({
    id: row.id,
    name: row.name,
    url: row.url,
    format: row.format ?? row.asked,
    schedule: row.schedule,
    refreshing: row.askedAt !== null || (row.claimedUntil ?? 0) > clock.now(),
    refreshedAt: row.refreshedAt,
    checkedAt: row.checkedAt,
    nextAt: row.nextAt,
    failure: row.failure === null ? null : { at: row.failedAt ?? row.createdAt, message: row.failure },
    usable: row.usable,
    unusable: row.unusable,
    trimmed: row.trimmed,
    risky: row.risky,
    createdAt: row.createdAt,
  });

  return {
    shelf: foreignShelf(store),
    list: async () => (await store.list()).map(view),
    get: async (id: string) => view(await find(id)),

    async add({ name, url: text, format, schedule }: NewTemplateSource, actor: Actor) {
      const url = outsideAddress(text, outbound.allowed);
      const place = placeOf(url);
      const problem = place.kind === "git" ? noGit(place.url, place.branch, git) : undefined;
      if (problem !== undefined) throw new AppError("INVALID_REQUEST", problem, [{ path: "url", message: problem }]);
      if ((await store.count()) >= MOST) throw new AppError("CONFLICT", `There may be ${MOST} template sources. Remove one first.`);
      if (await store.findByUrl(url.href))
        throw new AppError("NAME_TAKEN", "This address is a template source already.", [
          { path: "url", message: "This address is there already." },
        ]);
      const id = newId("src", clock);
      const called = name ?? nameOf(url);
      const at = clock.now();
      const row = {
        id,
        name: called,
        url: url.href,
        asked: format ?? null,
        schedule,
        nextAt: nextAt(schedule, at, id),
        askedAt: at,
        createdAt: at,
      };
      await activity.write({ actor, action: "add-template-source", subject: called }, [store.insert(row)]);
      changed(id);
      soon();
      return view(await find(id));
    },

    async change(id: string, { name, schedule }: ChangeTemplateSource, actor: Actor) {
      const source = await find(id);
      const change = {
        ...(name !== undefined && { name }),
        ...(schedule !== undefined && { schedule, nextAt: nextAt(schedule, clock.now(), id) }),
      };
      if (Object.keys(change).length > 0)
        await activity.write({ actor, action: "change-template-source", subject: name ?? source.name }, [store.change(id, change)]);
      changed(id);
      return view(await find(id));
    },

    async remove(id: string, actor: Actor) {
      const source = await find(id);
      await activity.write({ actor, action: "remove-template-source", subject: source.name }, [store.remove(id)]);
      changed(id);
      linger?.(clear().catch((error: unknown) => log.error("templates of a source that was removed stay", { error: errorText(error) })));
    },

    async refresh(id: string, actor: Actor) {
      const source = await find(id);
      await activity.write({ actor, action: "refresh-template-source", subject: source.name }, [store.ask(id, clock.now())]);
      changed(id);
      soon();
      return view(await find(id));
    },
    async refreshAll(actor: Actor) {
      const all = await store.list();
      if (all.length > 0)
        await activity.write({ actor, action: "refresh-template-sources", subject: `${all.length}` }, [store.askAll(clock.now())]);
      for (const { id } of all) changed(id);
      soon();
      return (await store.list()).map(view);
    },

    async report(id: string, { show }: ReportQuery, page: PageQuery) {
      const { generation, usable, unusable, trimmed, risky } = await find(id);
      const totals = { all: usable + unusable, unusable, trimmed, risky };
      const rows = await store.report(id, generation, show, page);
      const items = rows.map(({ dropped, dangers, ...row }): ImportReportItem => {
        const risks = (JSON.parse(dangers) as Danger[]).filter(({ level }) => level !== "note");
        return { ...row, dropped: JSON.parse(dropped) as string[], risks: risks.map(({ rule, message }) => ({ rule, message })) };
      });
      return pageOf(items, totals[show], page);
    },

    /** Reads those whose time has come, and lets go of what is left of those that were removed. Called every minute. */
    async tick() {
      await clear();
      await run();
    },
  };

  async function clear() {
    while (await store.clearRemoved()) await new Promise<void>((go) => setTimeout(go, 0));
  }
}

/** What it is called where nobody has named it: the repository, or the host. */
function nameOf({ hostname, pathname }: URL): string {
  const parts = pathname.split("/").filter(Boolean);
  const repository = /github|gitlab|codeberg|gitea|\.git$/.test(`${hostname}${pathname}`)
    ? parts
        .slice(0, 2)
        .join("/")
        .replace(/\.git$/, "")
    : "";
  return (repository || hostname).slice(0, 60);
}
