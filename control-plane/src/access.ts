import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { describeRoute, resolver, uniqueSymbol } from "hono-openapi";
import type { z } from "zod";
import { Failure, success } from "@appos/shared/envelope";
import { AppError } from "./errors.ts";
import { type ActionOn, may, type Resource } from "./features/auth/roles.ts";
import { SESSION_COOKIE } from "./features/auth/sessions.ts";
import type { Caller } from "./features/auth/service.ts";
import type { Services } from "./services.ts";

export type AppEnv = {
  Variables: {
    caller: Caller | undefined;
    /** Whether whoever called may still call: an answer that goes on for hours asks again. */
    stillIn: () => Promise<boolean>;
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
}
const declared = Symbol("declared");

/** The gate. Every route begins with it; one that does not, does not start. */
export const allow = <R extends Resource>(resource: R, action: ActionOn<R>, declaration: Declaration) =>
  declare(`${resource}:${action}`, declaration, (c) => {
    const caller = signedIn(c);
    if (!may(caller.role, resource, action)) throw new AppError("FORBIDDEN", `Your role, ${caller.role}, may not do this.`);
  });

/** For whoever is signed in, whatever their role. */
export const allowSignedIn = (declaration: Declaration) => declare("signed in", declaration, (c) => void signedIn(c));

/** For anyone: what is here guards itself, or is no secret. */
export const allowAnyone = (declaration: Declaration) => declare("anyone", declaration, () => {});

function declare(who: string, { summary, data, status = 200 }: Declaration, check: (c: Context<AppEnv>) => void) {
  const gate = createMiddleware<AppEnv>(async (c, next) => {
    check(c);
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
export const identify = ({ auth, system }: Services): MiddlewareHandler<AppEnv> =>
  createMiddleware<AppEnv>(async (c, next) => {
    const bearer = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    const cookie = getCookie(c, SESSION_COOKIE);
    const unsafe = !["GET", "HEAD", "OPTIONS"].includes(c.req.method);
    if (unsafe && !bearer) assertSameOrigin(c, system.publicUrl(c.req.url));
    const find = async () => (bearer ? auth.byToken(bearer) : cookie ? auth.bySession(cookie) : undefined);
    c.set("caller", await find());
    c.set("stillIn", async () => (await find()) !== undefined);
    await next();
  });

/** Browsers name the page that asks; programs without a token name none and carry no cookie either. */
function assertSameOrigin(c: Context<AppEnv>, publicUrl: string) {
  const origin = c.req.header("origin");
  if (origin === undefined && getCookie(c, SESSION_COOKIE) === undefined && c.req.header("sec-fetch-site") === undefined) return;
  const own = [new URL(publicUrl).origin, new URL(c.req.url).origin];
  if (origin === undefined || !own.includes(origin)) refuse("CROSS_ORIGIN", "This request did not come from the console's own pages.");
}

function refuse(code: "UNAUTHENTICATED" | "CROSS_ORIGIN", message: string): never {
  throw new AppError(code, message);
}
