import { LogLine, LogNote } from "@appos/shared/logs";
import { expect, test } from "vitest";
import { keepLog } from "../log-archive/keep.ts";
import { newContainer } from "../machine/fake-compose.ts";
import { fakeMachine } from "../machine/fake-machine.ts";
import { logs } from "./logs.ts";

const BEGUN = Date.UTC(2026, 10, 22, 1);
const stampAt = (ms: number, i = 0) => `${new Date(BEGUN + ms).toISOString().slice(0, -1)}${String(i).padStart(6, "0")}Z`;
const part = (ms: number, text: string, i = 0) => ({ stream: "stdout" as const, stamp: stampAt(ms, i), text });

function world() {
  const server = fakeMachine();
  return {
    ...server,
    /** A container that has said this, in the place of the one before it. */
    make(id: string, service: string, said: ReturnType<typeof part>[], release = 1) {
      const container = { ...newContainer(id, "appos-shop", service, { image: "x", labels: {} }), release };
      const at = server.containers.findIndex(({ status }) => status.service === service);
      server.containers.splice(at < 0 ? 0 : at, at < 0 ? 0 : 1, container);
      server.logs.set(container.status.container, said);
      return container;
    },
    async read(question: Partial<Parameters<typeof logs>[0]> = {}) {
      const lines: LogLine[] = [];
      let past: LogNote["past"] | undefined;
      await logs(
        { appId: "app_1" as never, name: "shop" as never, tail: 200, follow: false, ...question },
        {
          machine: server.machine,
          signal: new AbortController().signal,
          async write(bytes) {
            for (const line of new TextDecoder().decode(bytes).trimEnd().split("\n")) {
              const said: unknown = JSON.parse(line);
              past = LogNote.safeParse(said).data?.past ?? past;
              if (LogLine.safeParse(said).success) lines.push(LogLine.parse(said));
            }
          },
        },
      );
      return { lines, texts: lines.map(({ text }) => text), past };
    },
  };
}

async function twoLives() {
  const w = world();
  const numbers = (word: string, from: number) => Array.from({ length: 10 }, (_, i) => part(from + i * 10, `${word} ${i + 1}`));
  w.make("db1", "db", numbers("db", 5));
  await keepLog(w.machine, w.make("web1", "web", numbers("one", 0)));
  w.make("web2", "web", numbers("two", 200), 2);
  return w;
}

test("what containers said that are gone comes before what their followers say, in one order", async () => {
  const w = await twoLives();
  const { lines, texts, past } = await w.read();
  expect(texts.slice(0, 4)).toEqual(["one 1", "db 1", "one 2", "db 2"]);
  expect(texts.slice(-10)).toEqual(Array.from({ length: 10 }, (_, i) => `two ${i + 1}`));
  expect(texts).toHaveLength(30);
  expect(past).toEqual({ older: false, stoppedAt: null });
  expect(lines.flatMap(({ from, service }) => (from ? `${service} ${from.id} ${from.release}` : []))).toEqual([
    "web web1 1",
    "db db1 1",
    "web web2 2",
  ]);
});

test("the newest of them, of some services, and those before a moment", async () => {
  const w = await twoLives();
  expect(await w.read({ tail: 12, service: "web" })).toMatchObject({ past: { older: true } });
  expect((await w.read({ tail: 12, service: "web" })).texts.slice(0, 3)).toEqual(["one 9", "one 10", "two 1"]);
  expect((await w.read({ services: ["db"], tail: 3 })).texts).toEqual(["db 8", "db 9", "db 10"]);
  expect((await w.read({ until: BEGUN + 40, tail: 4 })).texts).toEqual(["db 3", "one 4", "db 4", "one 5"]);
  expect((await w.read({ until: BEGUN + 40, since: BEGUN + 30 })).texts).toEqual(["one 4", "db 4", "one 5"]);
});

test("a text is searched for in all of it, with what stands around it", async () => {
  const w = await twoLives();
  expect((await w.read({ search: "E 10", context: 1 })).texts).toEqual(["one 9", "one 10"]);
  const { lines } = await w.read({ search: " 10", context: 1 });
  expect(lines.map(({ text, near }) => (near ? `(${text})` : text))).toEqual(["(one 9)", "(db 9)", "one 10", "db 10", "(two 9)", "two 10"]);
});

test("all of it, from the oldest on", async () => {
  const w = await twoLives();
  const { texts } = await w.read({ whole: true, tail: 0 });
  expect(texts).toEqual((await w.read()).texts);
  expect((await w.read({ whole: true, tail: 0, since: BEGUN + 90, until: BEGUN + 210, search: "1" })).texts).toEqual([
    "one 10",
    "db 10",
    "two 1",
  ]);
});

test("a container that is there and kept as well says everything once", async () => {
  const w = await twoLives();
  const web = w.containers.find(({ id }) => id === "web2")!;
  await keepLog(w.machine, web);
  expect((await w.read({ service: "web" })).texts).toHaveLength(20);
  // The engine has let the first lines go, as it does where a log may only be so large.
  w.logs.set(web.status.container, w.logs.get(web.status.container)!.slice(6));
  expect((await w.read({ service: "web" })).texts).toHaveLength(20);
  expect((await w.read({ service: "web", whole: true })).texts).toHaveLength(20);
});

test("where nothing was kept, what there is is told", async () => {
  const w = world();
  expect(await w.read()).toMatchObject({ texts: [], past: { older: false } });
  w.make("web1", "web", [part(0, "hello")]);
  expect(await w.read()).toMatchObject({ texts: ["hello"], past: { older: false } });
  expect((await w.read({ tail: 1 })).past).toEqual({ older: true, stoppedAt: null });
});

test("a search that takes too long says how far it came, with what it found until then", async () => {
  const w = await twoLives();
  let now = 0;
  w.machine.elapsed = () => now;
  const { logs: read } = w.machine.engine;
  w.machine.engine.logs = async (...asked) => {
    await read(...asked);
    now += 30_000;
  };
  const { texts, past } = await w.read({ search: "1" });
  expect(texts).toContain("two 1");
  expect(texts).not.toContain("one 1");
  expect(past).toEqual({ older: true, stoppedAt: BEGUN + 90 });
});

test("what has an end is not waited for", async () => {
  const w = await twoLives();
  expect((await w.read({ follow: true, until: BEGUN + 5 })).texts).toEqual(["one 1", "db 1"]);
});
