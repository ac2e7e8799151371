import { mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { createServer, request, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { CONSOLE_SOCKET } from "@appos/shared/sites";
import { consoleDoor } from "./console-door.ts";

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** With a folder whose path is longer than that of a socket may be. */
async function world() {
  const top = mkdtempSync(join(tmpdir(), "appos-door-"));
  const agent = join(top, "a".repeat(60), "b".repeat(60), "agent");
  const opened: ReturnType<typeof consoleDoor>[] = [];
  async function open() {
    const door = consoleDoor({});
    const say: RequestListener = (asked, reply) => void reply.end(JSON.stringify(door.visitorOf(asked)));
    const plain = createServer(say).listen(0, "127.0.0.1");
    door.http.on("request", say);
    await door.listen(agent);
    ends.unshift(() => [door.http, plain].forEach((each) => (each.closeAllConnections(), each.close())));
    opened.push(door);
    return { door, port: (plain.address() as AddressInfo).port };
  }
  const { port } = await open();
  ends.push(() => rmSync(top, { recursive: true }));
  const folder = join(agent, CONSOLE_SOCKET.folder);
  const socketPath = `/proc/self/fd/${openSync(folder, "r")}/${CONSOLE_SOCKET.name}`;
  const ask = (where: object, headers: Record<string, string>) =>
    new Promise<unknown>((resolve, reject) => {
      const asked = request({ ...where, headers, agent: false }, (reply) => {
        let text = "";
        reply.on("data", (part) => (text += String(part))).on("end", () => resolve(JSON.parse(text)));
      });
      asked.on("error", reject).end();
    });
  return {
    open,
    agent,
    folder,
    byProxy: (headers = {}) => ask({ socketPath }, headers),
    byPort: (headers = {}) => ask({ host: "127.0.0.1", port }, headers),
  };
}
const said = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" };

test("what is said of a visitor is believed of the proxy, and of nobody who comes by the port", async () => {
  const { byProxy, byPort } = await world();
  expect(await byProxy(said)).toEqual({ address: "203.0.113.7", secure: true });
  expect(await byProxy({ ...said, "x-forwarded-for": "198.51.100.1, ::ffff:203.0.113.7" })).toMatchObject({ address: "203.0.113.7" });
  expect(await byProxy({ ...said, "x-forwarded-proto": "http" })).toMatchObject({ secure: false });
  expect(await byProxy()).toEqual({ address: null, secure: false });
  expect(await byPort(said)).toEqual({ address: "127.0.0.1", secure: false });
});

test("nobody else on the machine comes to it, but whoever is given its folder", async () => {
  const { agent, folder } = await world();
  const mode = (path: string) => statSync(path).mode & 0o777;
  expect(mode(agent)).toBe(0o700);
  expect(mode(folder)).toBe(0o755);
  expect(mode(join(folder, CONSOLE_SOCKET.name))).toBe(0o666);
});

test("where an AppOS was killed the next one opens it anew", async () => {
  const { open, byProxy } = await world();
  await open();
  expect(await byProxy(said)).toMatchObject({ secure: true });
});
