import { waitUntil } from "cloudflare:workers";
import { AGENT_PATH, SUBPROTOCOL } from "@appos/shared/agent-link";
import { ServerId } from "@appos/shared/ids";
import { TERMINAL_SUBPROTOCOL, terminalCloseCodes, type TerminalFrame } from "@appos/shared/terminals";
import { type App, createApp } from "../../app.ts";
import { type AppError, errorText } from "../../errors.ts";
import { isForViewers, viewerEntry } from "../../live/viewer-door.ts";
import { type ControlPlane, controlPlane, databaseProblem } from "./control-plane.ts";
import { type Env, Misfit } from "./env.ts";
import { jsonLog } from "./log.ts";
import { objectRooms } from "./rooms.ts";
import { sendOn, signpostOf } from "./signpost.ts";

export { EventHub } from "./event-hub.ts";
export { ServerRoom } from "./server-room.ts";

/** Minutes between two looks at what is old enough to go: each reads a row of every job whose log is kept. */
const TIDY_MINUTES = 15;
const ofApp = /^\/(api\/|openapi\.json$|metrics$|install\.sh$|agent\/)/;

/** One for as long as this isolate lives. */
let kept: (ControlPlane & { app: App }) | undefined;
let isReady = false;

function begin(env: Env) {
  if (kept) return kept;
  const { services, log } = controlPlane(env, objectRooms(env.ROOMS));
  const app = createApp(services, { address: (c) => addressOf(c.req.raw) ?? "unknown", log });
  return (kept = { services, log, app });
}

export default {
  async fetch(request, env): Promise<Response> {
    const url = new URL(request.url);
    const upgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    try {
      const moved = signpostOf(env);
      if (moved) return sendOn(moved, request);
      if (!upgrade && !ofApp.test(url.pathname)) return await page(env, url, request);
      const problem = isReady ? undefined : await databaseProblem(env);
      if (problem !== undefined) return unavailable(problem);
      isReady = true;
      const { services, app } = begin(env);
      if (!upgrade) return await answered(app, request, env);
      if (isForViewers(url)) return await viewer(services, env, url, request);
      return await agent(services, env, url, request);
    } catch (error) {
      jsonLog("error").error("a request failed", { error: errorText(error) });
      return unavailable(error instanceof Misfit ? error.message : "AppOS cannot reach what it needs now. Its log says more.");
    }
  },

  /** Once a minute: what only time makes due. */
  async scheduled({ scheduledTime }, env): Promise<void> {
    if (signpostOf(env) || (await databaseProblem(env)) !== undefined) return;
    // Nothing of what requests share: a minute that is cut off must not have the next ones wait for it.
    const { services, log } = controlPlane(env, objectRooms(env.ROOMS));
    const { servers, jobs, auth, terminals, activity, updates, templateSources, domains } = services;
    const each = [
      servers.tellTime(),
      jobs.wakeAll(),
      auth.tidy(),
      terminals.tidy(),
      activity.tidy(),
      updates.tick(),
      templateSources.tick(),
      domains.proxies.tick(),
      domains.uptime.tidy(),
    ];
    if (Math.floor(scheduledTime / 60_000) % TIDY_MINUTES === 0) each.push(jobs.tidy());
    for (const done of await Promise.allSettled(each))
      if (done.status === "rejected") log.error("a part of the minute's work failed", { error: errorText(done.reason) });
  },
} satisfies ExportedHandler<Env>;

/** Cloudflare drops what a request does once its caller has gone: a change goes on to its end, with who asked for it and who is to hear. */
async function answered(app: App, request: Request, env: Env): Promise<Response> {
  const reply = Promise.resolve(app.fetch(request, env));
  if (request.method !== "GET" && request.method !== "HEAD") waitUntil(reply.catch(() => {}));
  return reply;
}

/** A server's agent: to its room, where it has to prove itself. Only servers that there are have one. */
async function agent({ servers }: ControlPlane["services"], env: Env, url: URL, request: Request): Promise<Response> {
  const serverId = ServerId.safeParse(url.searchParams.get("server")).data;
  if (url.pathname !== AGENT_PATH || serverId === undefined) return new Response(null, { status: 404 });
  const protocols = request.headers.get("sec-websocket-protocol") ?? "";
  if (!protocols.split(",").some((name) => name.trim() === SUBPROTOCOL)) return new Response(null, { status: 400 });
  if ((await servers.publicKey(serverId)) === undefined) return new Response(null, { status: 403 });
  const address = addressOf(request);
  const headers = { upgrade: "websocket", ...(address !== undefined && { "x-appos-address": address }) };
  const reply = await env.ROOMS.getByName(serverId).fetch(new Request("https://room/agent", { headers }));
  return accepted(reply, SUBPROTOCOL);
}

async function viewer(services: ControlPlane["services"], env: Env, url: URL, request: Request): Promise<Response> {
  const { headers } = request;
  const caller = { url, origin: headers.get("origin") ?? undefined, protocols: headers.get("sec-websocket-protocol") ?? "" };
  const entry = await viewerEntry(services, caller);
  if ("status" in entry) return new Response(null, { status: entry.status });
  if ("why" in entry) return tellWhy(entry.why);
  const asked = new Request("https://room/viewer", { headers: { upgrade: "websocket", "x-appos-entry": JSON.stringify(entry) } });
  return accepted(await env.ROOMS.getByName(entry.admission.serverId).fetch(asked), TERMINAL_SUBPROTOCOL);
}

const accepted = ({ status, webSocket }: Response, protocol: string) =>
  webSocket
    ? new Response(null, { status: 101, webSocket, headers: { "sec-websocket-protocol": protocol } })
    : new Response(null, { status });

/** A browser hears why only on a socket that is open. */
function tellWhy({ code, message }: AppError): Response {
  const { 0: theirs, 1: ours } = new WebSocketPair();
  ours.accept();
  ours.send(JSON.stringify({ type: "error", code, message } satisfies TerminalFrame));
  ours.close(terminalCloseCodes.refused, code);
  return accepted(new Response(null, { status: 101, webSocket: theirs }), TERMINAL_SUBPROTOCOL);
}

/** The console's one page, at every address that is none of its files. */
function page({ ASSETS }: Env, url: URL, request: Request): Promise<Response> | Response {
  if (url.pathname.startsWith("/_app/")) return new Response(null, { status: 404 });
  return ASSETS.fetch(new Request(new URL("/", url), { headers: request.headers, method: request.method }));
}

function unavailable(message: string): Response {
  const body = { success: false, code: 503, message, error: { code: "UNAVAILABLE" } };
  return Response.json(body, { status: 503, headers: { "cache-control": "no-store", "retry-after": "10" } });
}

const addressOf = (request: Request) => request.headers.get("cf-connecting-ip") ?? undefined;
