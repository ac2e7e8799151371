// The least that a control plane on Hono could do: one route, one small answer.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { ports } from "./places.ts";

const form = `<!doctype html><title>Bare</title><form><input id="email"><button>Sign in</button></form>`;
const app = new Hono().get("/", (c) => c.json({ success: true, code: 200, message: "OK", data: {} })).get("/form", (c) => c.html(form));
serve({ fetch: app.fetch, port: ports.peer, hostname: "127.0.0.1" }, () => console.log("Bare Hono answers"));
