import type { Hono } from "hono";
import type { AppEnv } from "../access.ts";

export interface Reply {
  status: number;
  /** What a success carries. */
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any;
  message: string;
  error: { code: string; details?: unknown } | undefined;
  headers: Headers;
}
interface Ask {
  json?: unknown;
  headers?: Record<string, string>;
  method?: string;
}

/** Asks an app as a browser or a program would, through its public door. */
export function asker(app: Pick<Hono<AppEnv>, "request">, always: Record<string, string> = {}) {
  return async (path: string, { json, headers = {}, method = json === undefined ? "GET" : "POST" }: Ask = {}): Promise<Reply> => {
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const sent = { ...(json !== undefined && { "content-type": "application/json" }), ...always, ...headers };
    const reply = await app.request(`https://appos.example.org${path}`, { method, headers: sent, ...body });
    const text = await reply.text();
    const { data, message = text, error } = (text.startsWith("{") ? JSON.parse(text) : {}) as Partial<Reply>;
    return { status: reply.status, data, message, error, headers: reply.headers };
  };
}

export const ADMIN = { email: "ada@example.org", password: "correct horse battery", name: "Ada" };
