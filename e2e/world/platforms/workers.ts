import { join } from "node:path";
import { folder, port as freePort, root } from "../places.ts";
import { type Program, start } from "../program.ts";
import { sqld } from "../sqld.ts";
import type { Platform } from "./platform.ts";

const SLOW_START_MS = 90_000;

/** Cloudflare's own runtime with a libSQL server, as `npm run dev:workers` starts it. */
export const workers: Platform = async (env) => {
  const port = Number(env?.["APPOS_PORT"] ?? (await freePort()));
  const environment = {
    APPOS_PORT: String(port),
    APPOS_DATA_DIR: folder("workers"),
    APPOS_DATABASE_URL: await sqld(),
    ...env,
  };
  let program: Program;
  const begin = async () => {
    program = start(process.execPath, [join(root, "scripts/dev-workers.mjs")], { env: environment });
    await program.says(/AppOS answers at/, SLOW_START_MS);
  };
  await begin();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    urls: [url],
    setupUrl: async () => (await program.says(/http\S+\/setup\?token=\S+/))[0],
    log: () => program.output(),
    /** Wrangler and workerd with it. */
    async kill9() {
      program.signalGroup("SIGKILL");
      await program.closed;
    },
    async stop() {
      program.signal("SIGTERM");
      return program.ended;
    },
    start: begin,
  };
};
