import type { Hono } from "hono";
import type { Retention } from "../../ports.ts";
import type { AppEnv } from "../../access.ts";
import { memoryPlatform } from "./platform.ts";

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

/** A control plane that is set up, with ways to ask it as nobody, as its administrator and as a viewer. */
export async function setUp(retention?: Retention) {
  const platform = await memoryPlatform(retention);
  const { app, services, ...rest } = platform.start();
  const nobody = asker(app);
  const setup = await nobody("/api/v1/setup", { json: { token: await services.auth.setupToken(), ...ADMIN } });
  const cookie = setup.headers.get("set-cookie")!.split(";")[0]!;
  const admin = asker(app, { cookie, origin: "https://appos.example.org" });
  async function viewer() {
    const account = { email: "vera@example.org", password: "correct horse battery", name: "Vera" };
    await admin("/api/v1/users", { json: { ...account, role: "viewer" } });
    const login = await nobody("/api/v1/auth/login", { json: { email: account.email, password: account.password } });
    return asker(app, { cookie: login.headers.get("set-cookie")!.split(";")[0]!, origin: "https://appos.example.org" });
  }
  return { platform, app, services, nobody, admin, viewer, ...rest };
}
