import { expect, test } from "vitest";
import { newContainer } from "../machine/fake-compose.ts";
import { fakeMachine } from "../machine/fake-machine.ts";
import type { Container, LogPart } from "../machine/machine.ts";
import { logArchive } from "./archive.ts";
import { keepLog } from "./keep.ts";

const stamp = (i: number) => `2026-11-22T01:00:00.${String(i).padStart(9, "0")}Z`;
const lines = (from: number, to: number, words = ""): LogPart[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ stream: "stdout", stamp: stamp(from + i), text: `${from + i}${words}` }));

function world(limit?: number) {
  const server = fakeMachine();
  const archive = logArchive(server.machine, "appos-shop", limit);
  const made = (id: string): Container => ({ ...newContainer(id, "appos-shop", id, { image: "x", labels: {} }), release: 1 });
  return {
    server,
    made,
    say: (container: Container, said: LogPart[]) => void server.logs.set(container.status.container, said),
    async texts(id: string, from = archive) {
      const kept = (await from.kept()).find(({ origin }) => origin.id === id);
      return (await Promise.all((kept?.blocks ?? []).map(from.lines))).flat().map(({ text }) => text);
    },
    archive,
  };
}
const counted = (from: number, to: number) => lines(from, to).map(({ text }) => text);

test("what is kept already is not kept again, also by a process that comes later", async () => {
  const { server, made, say, texts } = world();
  const web = made("web");
  say(web, lines(1, 50));
  await Promise.all([keepLog(server.machine, web), keepLog(server.machine, web)]);
  say(web, lines(1, 80));
  await keepLog(server.machine, web);
  const later = { ...server.machine };
  say(web, lines(1, 90));
  await keepLog(later, web);
  expect(await texts("web")).toEqual(counted(1, 90));
  expect(await texts("web", logArchive(later, "appos-shop"))).toEqual(counted(1, 90));
});

test("two outputs whose lines came in another order than they were stamped are both kept whole", async () => {
  const { server, made, say, texts } = world();
  const web = made("web");
  say(web, [...lines(1, 10), { stream: "stderr", stamp: stamp(9), text: "late" }]);
  await keepLog(server.machine, web);
  say(web, [...lines(1, 10), { stream: "stderr", stamp: stamp(9), text: "late" }, { stream: "stderr", stamp: stamp(10), text: "later" }]);
  await keepLog(server.machine, web);
  expect(await texts("web")).toEqual([...counted(1, 10), "late", "later"]);
});

test("the newest lines of a container are kept, and those of all of them within a size: the oldest go first", async () => {
  const { server, made, say, texts, archive } = world(12 * 1024 * 1024);
  const text = "x".repeat(15_000);
  for (const id of ["one", "two", "three", "four"]) {
    const container = made(id);
    say(container, lines(1, 400, text));
    await keepLog(server.machine, container);
  }
  const kept = await archive.kept();
  expect(kept.map(({ origin }) => origin.id)).toEqual(["three", "four"]);
  expect(await texts("four")).toHaveLength(400);

  const loud = made("loud");
  say(loud, lines(1, 2_600, text));
  await keepLog(server.machine, loud);
  const left = await texts("loud");
  expect(left.at(-1)).toBe(`2600${text}`);
  expect(left.length).toBeLessThan(1_150);
});

test("what a power cut left half written does no harm", async () => {
  const { server, made, say, texts } = world();
  const [web, db] = [made("web"), made("db")];
  say(web, lines(1, 100));
  await keepLog(server.machine, web);
  const disk = server.disks.get("/var/lib/appos/logs/appos-shop")!;
  say(db, lines(1, 100));
  await keepLog(server.machine, db);
  const [segment] = disk.names();
  const whole = disk.text(segment!);
  for (const cut of [whole.length - 1, Math.floor(whole.length * 0.7), Math.floor(whole.length / 2) + 40, 30, 0]) {
    disk.write(segment!, new TextEncoder().encode(whole.slice(0, cut)));
    const after = { ...server.machine };
    const archive = logArchive(after, "appos-shop");
    expect(
      counted(1, 100)
        .join()
        .startsWith((await texts("web", archive)).join()),
    ).toBe(true);
    await keepLog(after, web);
    expect(await texts("web", archive)).toEqual(counted(1, 100));
    for (const name of disk.names())
      if (name !== segment) await (await server.machine.disk("/var/lib/appos/logs/appos-shop", "make"))!.remove(name);
  }
});

test("a log that cannot be read or kept holds nothing up", async () => {
  const { server, made, say } = world();
  const web = made("web");
  say(web, lines(1, 10));
  server.machine.disk = () => Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC" }));
  await keepLog(server.machine, web);
});

test("an app that is removed takes its logs along", async () => {
  const { server, made, say, texts, archive } = world();
  const web = made("web");
  say(web, lines(1, 10));
  await keepLog(server.machine, web);
  await archive.remove();
  expect(await texts("web")).toEqual([]);
  await keepLog(server.machine, web);
  expect(await texts("web")).toEqual(counted(1, 10));
});
