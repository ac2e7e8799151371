import { caddyOptionsSuite } from "./caddy-options-suite.ts";

await caddyOptionsSuite("in a Caddyfile", { http: 18_650, https: 18_651, app: 18_652 });
