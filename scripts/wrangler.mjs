// npm run wrangler -- …: Cloudflare's own tool, of the version that AppOS is made for.
import { spawn } from "node:child_process";
import { ensureEdgeTools } from "./lib/edge-tools.mjs";
import { at } from "./lib/root.mjs";
import { fail } from "./lib/say.mjs";

const { wrangler } = await ensureEdgeTools().catch((error) => fail(error.message));
const args = [wrangler, ...process.argv.slice(2), "-c", at("wrangler.toml")];
spawn(process.execPath, args, { stdio: "inherit" }).on("close", (code) => process.exit(code ?? 1));
