import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

/** NATS of a test's own, at a port that outlives `kill9`. */
export async function natsServer() {
  const port = await freePort();
  const begin = async () => {
    const child = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    child.on("error", () => {});
    for (let tries = 0; !(await answers(port)); tries++) {
      if (child.exitCode !== null || tries > 200)
        throw new Error("nats-server did not start. It is a package of the distribution: npm test installs it.");
      await new Promise((done) => setTimeout(done, 25));
    }
    return child;
  };
  let child = await begin();
  return {
    url: `nats://127.0.0.1:${port}`,
    async kill9() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
    start: async () => void (child = await begin()),
  };
}

const answers = (port: number) =>
  new Promise<boolean>((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("data", () => (done(true), socket.destroy()));
    socket.on("error", () => done(false));
  });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
