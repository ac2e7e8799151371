import { randomBytes } from "node:crypto";
import { front } from "../front.ts";
import { port as freePort } from "../places.ts";
import { start } from "../program.ts";
import { sqld } from "../sqld.ts";
import { node } from "./node.ts";
import type { Platform } from "./platform.ts";

/** Two Node processes over one libSQL server, which find each other through NATS, behind one address that leads to either. */
export const nats: Platform = async (env) => {
  const shared = {
    APPOS_DATABASE_URL: await sqld(),
    APPOS_NATS_URL: await natsServer(),
    APPOS_SECRET_KEY: randomBytes(32).toString("base64"),
    ...env,
  };
  const { url, lead, agentIsAt } = await front();
  // One after the other: only the newest set-up link is good.
  const first = await node({ ...shared, APPOS_PUBLIC_URL: url });
  const second = await node({ ...shared, APPOS_PUBLIC_URL: url });
  const both = [first, second];
  lead(both.map((each) => each.url));

  let down: typeof both = [];
  return {
    url,
    urls: both.map((each) => each.url),
    setupUrl: second.setupUrl,
    log: () => both.map((each) => each.log()).join("\n"),
    async kill9() {
      down = [both[agentIsAt()]!];
      await down[0]!.kill9();
    },
    async stop() {
      down = [...both];
      for (const each of both) await each.stop();
    },
    async start() {
      for (const each of down.splice(0)) await each.start();
    },
  };
};

async function natsServer(): Promise<string> {
  const port = await freePort();
  const server = start("/usr/sbin/nats-server", ["--addr", "127.0.0.1", "--port", String(port)]);
  await server.says(/Server is ready/);
  return `nats://127.0.0.1:${port}`;
}
