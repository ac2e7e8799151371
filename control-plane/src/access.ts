import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { describeRoute, resolver, uniqueSymbol } from "hono-openapi";
import type { z } from "zod";
import { Failure, success } from "@appos/shared/envelope";
import { AppError, notFound } from "./errors.ts";
import { type ActionOn, may, type Resource, rolesInProject, sees } from "./features/auth/roles.ts";
import { SESSION_COOKIE } from "./features/auth/sessions.ts";
import type { Caller } from "./features/auth/service.ts";
import type { Thing } from "./features/people/service.ts";
import type { Services } from "./services.ts";

export type AppEnv = {
  Variables: {
    caller: Caller | undefined;
    /** Who is calling, asked anew. */
    callerNow: () => Promise<Caller | undefined>;
    /** Whether whoever called may still call: an answer that goes on for hours asks again. */
    stillIn: () => Promise<boolean>;
    /** The projects to which something belongs. */
    projectsOf: (thing: Thing) => Promise<string[]>;
    address: string;
    requestId: string;
  };
};

/** What a route declares: who may call it, and what the documentation says. */
export interface Declaration {
  summary: string;
  /** Of what a success carries. Left out for what is no JSON. */
  data?: z.ZodType;
  status?: 200 | 201 | 202;
  /** Its address names nothing of one project, and it sees to it itself that nobody gets or changes more than is theirs. */
  narrows?: true;
}
const declared = Symbol("declared");

/** The gate. Every route begins with it; one that does not, does not start. */
export const allow = <R extends Resource>(resource: R, action: ActionOn<R>, declaration: Declaration) =>
  declare(`${resource}:${action}`, declaration, async (c, caller = signedIn(c)) => {
    if (may(caller.role, resource, action)) return;
    const roles = rolesInProject(resource, action);
    const holds = caller.projects.filter(({ role }) => roles.includes(role)).map(({ id }) => id);
    const named = thingAt(c);
    if (!named && declaration.narrows && roles.length > 0 && (action === "read" || holds.length > 0)) return;
    const projects = named && caller.projects.length > 0 ? await c.get("projectsOf")(named) : [];
    if (projects.some((id) => holds.includes(id))) return;
    const seen = projects.find((id) => sees(caller, id));
    // What somebody may not know of is not there for them, whatever they want of it.
    if (named && caller.role === "member" && seen === undefined && roles.length > 0) notFound(named.kind);
    const role = caller.projects.find(({ id }) => id === seen)?.role;
    refuse("FORBIDDEN", `Your role${role ? " in this project" : ""}, ${role ?? caller.role}, may not do this.`);
  });

const kinds: Record<string, Thing["kind"]> = {
  apps: "app",
  certificates: "certificate",
  deployments: "deployment",
  domains: "domain",
  jobs: "job",
  projects: "project",
  servers: "server",
};
function thingAt(c: Context<AppEnv>): Thing | undefined {
  const [area = "", below = ""] = c.req.path.split("/").slice(3);
  const kind = kinds[area === "proxy" ? below : area];
  const id = c.req.param("id");
  return kind && id !== undefined ? { kind, id } : undefined;
}

/** For whoever is signed in, whatever their role. */
export const allowSignedIn = (declaration: Declaration) => declare("signed in", declaration, (c) => void signedIn(c));

/** For anyone: what is here guards itself, or is no secret. */
export const allowAnyone = (declaration: Declaration) => declare("anyone", declaration, () => {});

type Check = (c: Context<AppEnv>, caller?: Caller) => Promise<void> | void;

function declare(who: string, { summary, data, status = 200 }: Declaration, check: Check) {
  const gate = createMiddleware<AppEnv>(async (c, next) => {
    await check(c);
    // Whoever is somebody else by now, or has another role, begins anew.
    c.set("stillIn", async () => {
      const [before, now] = [c.get("caller"), await c.get("callerNow")()];
      return now !== undefined && now.role === before?.role && (await passes(check, c, now));
    });
    await next();
  });
  const json = (schema: z.ZodType) => ({ content: { "application/json": { schema: resolver(schema) } } });
  const documented = describeRoute({
    summary,
    description: `May be called by: ${who}.`,
    responses: {
      [status]: { description: "Success", ...(data && json(success(data))) },
      default: { description: "Failure", ...json(Failure) },
    },
  });
  return Object.assign(gate, { [declared]: who, [uniqueSymbol]: Reflect.get(documented, uniqueSymbol) as unknown });
}

async function passes(check: Check, c: Context<AppEnv>, caller: Caller): Promise<boolean> {
  try {
    await check(c, caller);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function signedIn(c: Context<AppEnv>): Caller {
  return c.get("caller") ?? refuse("UNAUTHENTICATED", "Sign in first.");
}

/** Who is calling, in a handler behind the gate. */
export const callerOf = (c: Context<AppEnv>): Caller => signedIn(c);

/** Throws unless every route of the app declares who may call it. */
export function assertGated(routes: { method: string; path: string; handler: unknown }[]) {
  const ungated = new Map<string, boolean>();
  for (const { method, path, handler } of routes) {
    if (method === "ALL" && /^\/?\*$/.test(path)) continue;
    const key = `${method} ${path}`;
    ungated.set(key, (ungated.get(key) ?? true) && !(typeof handler === "function" && declared in handler));
  }
  const missing = [...ungated].filter(([, open]) => open).map(([key]) => key);
  if (missing.length > 0) throw new Error(`These routes do not declare who may call them: ${missing.join(", ")}`);
}

/** Finds out who is calling: a session's cookie or a token. A change asked for by cookie must come from our own pages. */
export const identify = ({ auth, people, system }: Services): MiddlewareHandler<AppEnv> =>
  createMiddleware<AppEnv>(async (c, next) => {
    const bearer = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    const cookie = getCookie(c, SESSION_COOKIE);
    const unsafe = !["GET", "HEAD", "OPTIONS"].includes(c.req.method);
    if (unsafe && !bearer) assertSameOrigin(c, system.ownUrl(c.req.url));
    const find = async () => (bearer ? auth.byToken(bearer) : cookie ? auth.bySession(cookie) : undefined);
    c.set("caller", await find());
    c.set("callerNow", find);
    c.set("projectsOf", people.projectsOf);
    await next();
  });

/** Browsers name the page that asks; programs without a token name none and carry no cookie either. */
function assertSameOrigin(c: Context<AppEnv>, publicUrl: string) {
  const origin = c.req.header("origin");
  if (origin === undefined && getCookie(c, SESSION_COOKIE) === undefined && c.req.header("sec-fetch-site") === undefined) return;
  const own = [new URL(publicUrl).origin, new URL(c.req.url).origin];
  if (origin === undefined || !own.includes(origin)) refuse("CROSS_ORIGIN", "This request did not come from the console's own pages.");
}

function refuse(code: "UNAUTHENTICATED" | "CROSS_ORIGIN" | "FORBIDDEN", message: string): never {
  throw new AppError(code, message);
}
