import { Hono } from "hono";
import { page, PageQuery } from "@appos/shared/envelope";
import { OpenExecTerminal, OpenHostTerminal, TerminalTicket, TerminalView } from "@appos/shared/terminals";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

/** A ticket opens one socket at the same address: here on the server itself. */
export const hostTerminalRoutes = ({ terminals }: Services) =>
  new Hono<AppEnv>()
    .post(
      "/:id/terminal",
      allow("terminals", "host", { summary: "A ticket for a terminal on a server, new or open", data: TerminalTicket, status: 201 }),
      valid("json", OpenHostTerminal),
      async (c) => ok(c, await terminals.askHost(c.req.param("id"), c.req.valid("json").session, callerOf(c), actorOf(c)), 201),
    )
    .get(
      "/:id/terminals",
      allow("terminals", "read", { summary: "The terminals opened on a server, newest first", data: page(TerminalView) }),
      valid("query", PageQuery),
      async (c) => ok(c, await terminals.list(c.req.param("id"), c.req.valid("query"))),
    );

/** The same, in a container. */
export const execTerminalRoutes = ({ terminals }: Services) =>
  new Hono<AppEnv>().post(
    "/:id/terminal",
    allow("terminals", "exec", {
      summary: "A ticket for a terminal in a service's container, new or open",
      data: TerminalTicket,
      status: 201,
    }),
    valid("json", OpenExecTerminal),
    async (c) => {
      const { service, session } = c.req.valid("json");
      return ok(c, await terminals.askExec(c.req.param("id"), service, session, callerOf(c), actorOf(c)), 201);
    },
  );
