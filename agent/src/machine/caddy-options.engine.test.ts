import { caddyOptionsSuite } from "./caddy-options-suite.ts";

await caddyOptionsSuite("in JSON", { http: 18_710, https: 18_711, app: 18_712 });
