import type { LogLine, LogNote } from "@appos/shared/logs";
import { expect, test } from "vitest";
import type { Reply } from "../../platform/asker.ts";
import { soon, world } from "../../platform/memory/terminal-world.ts";

const line = (text: string, more: Partial<LogLine> = {}): LogLine => ({
  service: "web",
  container: "appos-shop-web-1",
  stream: "stdout",
  at: Date.UTC(2026, 10, 22, 1, 2, 3),
  text,
  ...more,
});

/** An app on a server whose agent says what the test wants it to. */
async function logWorld(said: (LogLine | LogNote | object)[], error?: string) {
  const it = await world();
  const agent = await it.connect();
  await it.admin("/api/v1/apps", { json: { name: "shop", source: { type: "compose", compose: "services: {web: {image: nginx}}" } } });

  /** Asks, and lets the agent answer the stream that it is then asked for. */
  async function read(query: string, who: (path: string) => Promise<Reply>) {
    const asked = who(`/api/v1/apps/shop/logs${query}`);
    await soon();
    const opened = agent.heard("open-stream").at(-1);
    if (opened) {
      agent.output(opened.streamId, said.map((each) => `${JSON.stringify(each)}\n`).join(""));
      await agent.says({ type: "stream-closed", streamId: opened.streamId, ...(error && { error }) });
    }
    return { answer: await asked, input: opened?.input };
  }
  return { ...it, read };
}

const past = { past: { older: true, stoppedAt: null } };

test.each(["?tail=x", "?tail=10001", "?since=$(id)", "?search=", `?search=${"a".repeat(501)}`, "?context=51", "?level=loud", "?how=perl"])(
  "%s is not asked for",
  async (query) => {
    const { read, admin } = await logWorld([]);
    const { answer, input } = await read(query, (path) => admin(path));
    expect(answer).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST" } });
    expect(input).toBeUndefined();
  },
);

test("nobody reads a log who is not signed in; a viewer may, also as a file", async () => {
  const { read, nobody, viewer } = await logWorld([line("hello", { level: "info" }), past]);
  expect((await read("", (path) => nobody(path))).answer).toMatchObject({ status: 401 });
  expect((await read("/download", (path) => nobody(path))).answer).toMatchObject({ status: 401 });
  const vera = await viewer();
  const { answer, input } = await read("", (path) => vera(path));
  expect(answer).toMatchObject({ status: 200, data: { items: [line("hello", { level: "info" })], older: true, stoppedAt: null } });
  expect(input).toEqual({ appId: expect.any(String), name: "shop", how: "any-case", context: 0, tail: 200, follow: false });
});

test("what is meant is asked of the server, which looks for it", async () => {
  const { read, admin } = await logWorld([]);
  const { input } = await read("?service=web,db&since=1&until=2&search=%24(id)&how=regexp&context=3&level=warn&tail=5", (path) =>
    admin(path),
  );
  expect(input).toMatchObject({
    services: ["web", "db"],
    since: 1,
    until: 2,
    search: "$(id)",
    how: "regexp",
    context: 3,
    level: "warn",
    tail: 5,
  });
  expect((await read("?service=web", (path) => admin(path))).input).toMatchObject({ service: "web" });
});

test("what a server refuses is said in its words", async () => {
  const { read, admin } = await logWorld([], "This is no regular expression that can be searched for: missing closing ): `(`.");
  const { answer } = await read("?search=(&how=regexp", (path) => admin(path));
  expect(answer).toMatchObject({
    status: 409,
    error: { code: "SERVER_REFUSED" },
    message: expect.stringContaining("no regular expression"),
  });
  expect((await read("/download?search=(&how=regexp", (path) => admin(path))).answer).toMatchObject({ status: 409 });
});

test("a file is given to be kept, not shown, and holds what programs wrote", async () => {
  const { read, admin } = await logWorld([line("<script>\u001b[31mred\u0007"), line("two", { service: "db" }), past, { other: "thing" }]);
  const { answer, input } = await read("/download?level=info", (path) => admin(path));
  expect(input).toMatchObject({ whole: true, level: "info", follow: false });
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "text/plain; charset=utf-8",
    "content-disposition": expect.stringMatching(/^attachment; filename="shop-\d{4}-\d\d-\d\d\.log"$/),
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  expect(answer.message).toBe("2026-11-22T01:02:03.000Z web | <script>\u001b[31mred\u0007\n2026-11-22T01:02:03.000Z db | two\n");
});
