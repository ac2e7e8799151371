import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { type AddressInfo, createServer as plainServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const tools = pathToFileURL(join(import.meta.dirname, "../../../scripts/lib/edge-tools.mjs")).href;

/** A libSQL server of a test's own, with a folder that outlives `kill9`. `publicKey`: the PEM of who signs its tokens. */
export async function sqld({ publicKey }: { publicKey?: string } = {}) {
  const { ensureEdgeTools } = (await import(tools)) as { ensureEdgeTools(): Promise<{ sqld: string }> };
  const program = (await ensureEdgeTools()).sqld;
  const folder = mkdtempSync(join(tmpdir(), "appos-sqld-"));
  const [port, grpc] = [await freePort(), await freePort()];
  const args = ["-d", join(folder, "data"), "--http-listen-addr", `127.0.0.1:${port}`, "--grpc-listen-addr", `127.0.0.1:${grpc}`];
  if (publicKey !== undefined) {
    writeFileSync(join(folder, "key.pem"), publicKey);
    args.push("--auth-jwt-key-file", join(folder, "key.pem"));
  }
  const url = `http://127.0.0.1:${port}`;
  const begin = async () => {
    const child = spawn(program, [...args, "--no-welcome"], { stdio: "ignore" });
    for (let tries = 0; !(await isUp(url)); tries++) {
      if (child.exitCode !== null || tries > 200) throw new Error(`The libSQL server did not start: ${child.exitCode}`);
      await new Promise((done) => setTimeout(done, 25));
    }
    return child;
  };
  let child = await begin();
  const end = async (signal: NodeJS.Signals) => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    child.kill(signal);
    await ended;
  };
  return {
    url,
    kill9: () => end("SIGKILL"),
    async start() {
      child = await begin();
    },
    async stop() {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const isUp = (url: string) =>
  fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );

async function freePort(): Promise<number> {
  const server = plainServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What becomes of a request: it goes through, never arrives, arrives but is never answered. */
type Fate = "through" | "lost" | "unanswered";

/** A way to a libSQL server on which requests get lost. */
export async function lossy(to: string, fate: (number: number) => Fate | Promise<Fate>) {
  let count = 0;
  const server = createServer((asked, reply) => {
    void (async () => {
      const number = ++count;
      const chunks: Buffer[] = [];
      for await (const chunk of asked) chunks.push(chunk as Buffer);
      const decided = await fate(number);
      if (decided === "lost") return void asked.socket.destroy();
      const { host: _, ...headers } = asked.headers;
      const onward = request(new URL(asked.url ?? "/", to), { method: asked.method, headers, agent: false }, (answer) => {
        if (decided === "through") return void answer.pipe(reply.writeHead(answer.statusCode ?? 500, answer.headers));
        answer.resume().on("end", () => asked.socket.destroy());
      });
      onward.on("error", () => asked.socket.destroy());
      onward.end(Buffer.concat(chunks));
    })().catch(() => asked.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
