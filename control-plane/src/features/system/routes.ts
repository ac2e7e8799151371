import { Hono } from "hono";
import { openStates } from "@appos/shared/jobs";
import { Health, SystemInfo } from "@appos/shared/system";
import { allow, allowAnyone, allowSignedIn, type AppEnv, callerOf } from "../../access.ts";
import { limitedTo, may } from "../auth/roles.ts";
import { AppError, notFound } from "../../errors.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { bell, eventStream } from "../../sse.ts";
import type { Signal } from "./service.ts";

export const healthRoutes = ({ system }: Services) =>
  new Hono<AppEnv>().get("/health", allowAnyone({ summary: "Whether the control plane answers", data: Health }), (c) =>
    ok(c, { status: "ok" as const, version: system.version }),
  );

export const systemRoutes = ({ system, servers, apps, jobs }: Services) =>
  new Hono<AppEnv>().get("/info", allow("system", "read", { summary: "About this control plane", data: SystemInfo }), async (c) => {
    const { id: controlPlaneId } = await system.identity();
    const within = limitedTo(callerOf(c));
    const counts = { servers: await servers.count(within), apps: await apps.count(within), openJobs: await jobs.countOpen(within) };
    return ok(c, {
      version: system.version,
      startedAt: system.startedAt,
      publicUrl: await system.publicUrl(c.req.url),
      controlPlaneId,
      localProblem: system.localProblem(),
      counts,
    });
  });

/** For Prometheus: text format 0.0.4. */
export const metricsRoutes = ({ servers, apps, jobs, system }: Services) =>
  new Hono<AppEnv>().get("/metrics", allow("system", "measure", { summary: "Metrics for Prometheus" }), async (c) => {
    const open = new Map((await jobs.countOpenByState()).map(({ state, n }) => [state, n]));
    const lines = [
      ...metric("appos_servers", "gauge", await servers.count()),
      ...metric("appos_servers_by_presence", "gauge", { presence: await servers.census() }),
      ...metric("appos_server_link_losses_total", "counter", servers.lossCount()),
      ...metric("appos_apps", "gauge", await apps.count()),
      ...metric("appos_jobs_open", "gauge", await jobs.countOpen()),
      ...metric("appos_jobs_open_by_state", "gauge", {
        state: Object.fromEntries(openStates.map((state) => [state, open.get(state) ?? 0])),
      }),
      ...metric("appos_started_seconds", "gauge", Math.floor(system.startedAt / 1000)),
    ];
    return c.text([...lines, ""].join("\n"), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });

/** One value, or one for each value of a label. */
function metric(name: string, type: "gauge" | "counter", value: number | Record<string, Record<string, number>>): string[] {
  if (typeof value === "number") return [`# TYPE ${name} ${type}`, `${name} ${value}`];
  const labelled = Object.entries(value).flatMap(([label, of]) => Object.entries(of).map(([key, n]) => `${name}{${label}="${key}"} ${n}`));
  return [`# TYPE ${name} ${type}`, ...labelled];
}

/** Everything that changes, as it happens. A listener that comes back with Last-Event-ID misses nothing, or is told to begin anew. */
export const eventRoutes = (services: Services) =>
  new Hono<AppEnv>().get("/", allowSignedIn({ summary: "Changes as they happen, as server-sent events" }), (c) => {
    const { role, userId } = callerOf(c);
    // An id says nothing to whom nothing is told of what it names.
    const shown = ({ type, id }: Signal) =>
      type === "server.sampled"
        ? may(role, "servers", "read")
        : type === "activity.added"
          ? may(role, "activity", "read")
          : type === "user.changed"
            ? id === userId || may(role, "users", "manage")
            : type !== "job.said";
    return eventStream(c, async ({ sendAll, signal }) => {
      const news = bell(signal);
      const waiting: { event: string; data: unknown; id: string }[] = [];
      const reset = { event: "reset", data: {} };
      const leave = await services.events.subscribe(c.req.header("last-event-id"), (said, id) => {
        // Who reads too slowly is told to begin anew: nothing grows without bound.
        if (waiting.length > 1_000) waiting.splice(0, waiting.length, { ...reset, id });
        else if (said === "reset") waiting.push({ ...reset, id });
        else if (shown(said)) waiting.push({ event: "message", data: said, id });
        else return;
        news.ring();
      });
      try {
        while (!signal.aborted) {
          if (waiting.length > 0) await sendAll(waiting.splice(0));
          await news.wait();
        }
      } finally {
        leave();
      }
    });
  });

const archiveName = /^appos-agent-linux-(x64|arm64)\.tar\.gz$/;

/** What a machine needs to become a server. It holds no secret. */
export const downloadRoutes = ({ system, downloads }: Services) =>
  new Hono<AppEnv>()
    .get("/install.sh", allowAnyone({ summary: "The script that installs the agent" }), async (c) => {
      const [x64, arm64] = [await downloads.checksum("x64"), await downloads.checksum("arm64")];
      const script = (await downloads.installer())
        .replaceAll("__APPOS_URL__", await system.publicUrl(c.req.url))
        .replaceAll("__APPOS_SHA256_X64__", x64 ?? "")
        .replaceAll("__APPOS_SHA256_ARM64__", arm64 ?? "");
      return c.text(script, 200, { "content-type": "text/x-shellscript; charset=utf-8" });
    })
    .get("/agent/:file", allowAnyone({ summary: "The agent with its runtime, for one architecture" }), async (c) => {
      const arch = archiveName.exec(c.req.param("file"))?.[1] ?? notFound("file");
      const archive = await downloads.archive(arch);
      if (!archive) throw new AppError("NOT_FOUND", `This control plane was built without the agent for ${arch}.`);
      return c.body(archive.body, 200, { "content-type": "application/gzip", "content-length": String(archive.bytes) });
    });
