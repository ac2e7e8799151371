import type { App } from "../../../control-plane/src/app.ts";
import { hc } from "../../../control-plane/node_modules/hono/dist/types/client/index.d.ts";
const c = hc<App>("/").api.v1;
export const a = async () => (await c.servers.$get({ query: {} })).json();
export const b = async () => { const r = await (await c.apps[":id"].deploy.$post({ param: { id: "x" }, header: {} })).json(); const x: number = r; return x; };
