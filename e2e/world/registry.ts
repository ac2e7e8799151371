import { createServer } from "node:http";
import { atEnd } from "./ends.ts";

/** An image registry on this machine that answers, and has no image at all. */
export async function emptyRegistry(port: number): Promise<string> {
  const registry = createServer((request, reply) => {
    const found = request.url === "/v2/";
    reply.writeHead(found ? 200 : 404, { "content-type": "application/json", "docker-distribution-api-version": "registry/2.0" });
    reply.end(found ? "{}" : JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }));
  });
  await new Promise<void>((resolve, reject) => registry.on("error", reject).listen(port, "127.0.0.1", resolve));
  atEnd(() => registry.close());
  return `127.0.0.1:${port}`;
}
