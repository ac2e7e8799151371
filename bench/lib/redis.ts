import { folder, ports } from "./places.ts";
import { start } from "./program.ts";

export const redisAt = { host: "127.0.0.1", port: ports.redis };

/**
 * A Redis that has every write on the disk before it answers, as AppOS has.
 * Debian's redis-tools hold the server under another name; the package redis-server would start one of its own.
 */
export async function redis() {
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  const where = ["--bind", redisAt.host, "--port", String(redisAt.port), "--dir", folder("redis")];
  const program = start("redis-check-rdb", [...where, ...durable], { argv0: "redis-server" });
  await program.says(/Ready to accept connections/);
}
