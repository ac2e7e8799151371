import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Log, Signal } from "../../../ports.ts";
import { natsServer } from "../../nats-server.ts";
import { type Bridge, bridges, type Ears, OVERFLOW } from "./bridges.ts";
import { natsWire, type Wire } from "./connection.ts";
import { sharedEvents } from "./shared-events.ts";
import { sharedRooms } from "./shared-rooms.ts";

const KEY = new Uint8Array(32).fill(1);
let nats: Awaited<ReturnType<typeof natsServer>>;
beforeAll(async () => void (nats = await natsServer()));
afterAll(() => nats.kill9());

const soon = (ms = 100) => new Promise<void>((done) => setTimeout(done, ms));
async function until(what: string, is: () => boolean, withinMs = 10_000) {
  for (const end = Date.now() + withinMs; !is();) {
    if (Date.now() > end) throw new Error(`Not in time: ${what}`);
    await soon(10);
  }
}

/** A process on the wire, which loses what it is told to lose. */
async function wireOf(prefix: string, key = KEY) {
  const logged: string[] = [];
  const note = (message: string) => void logged.push(message);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const wire = await natsWire([nats.url], prefix, key, log);
  onTestFinished(() => wire.close());
  let losing = 0;
  const say: Wire["say"] = (place, bytes) => losing-- > 0 || wire.say(place, bytes);
  return { wire: { ...wire, say } satisfies Wire, logged, lose: (count: number) => void (losing = count) };
}

/** Two processes with a bridge between them; what each end has heard. */
async function bridged(prefix: string) {
  const [a, b] = [await wireOf(prefix), await wireOf(prefix)];
  const heard = { a: [] as unknown[], b: [] as unknown[] };
  const ears = (into: unknown[]): Ears => ({
    text: (text) => into.push(text),
    bytes: (bytes) => into.push(bytes.length),
    note: (note) => into.push(note),
    ended: (last) => into.push(last ?? "broken"),
  });
  const [ofA, ofB] = [bridges(a.wire), bridges(b.wire)];
  onTestFinished(() => (ofA.close(), ofB.close()));
  await a.wire.settled();
  await b.wire.settled();
  const left: Bridge = ofA.bridge(ears(heard.a), { serverId: "srv_1" });
  left.text("early");
  const right = ofB.bridge(ears(heard.b), { id: left.id, peer: a.wire.id });
  left.met(b.wire.id);
  return { a, b, left, right, heard, ofA, ofB };
}

test("what one of us did not say, or said for another place, or said before, is not heard", async () => {
  const [a, b, stranger] = [await wireOf("heard"), await wireOf("heard"), await wireOf("heard", new Uint8Array(32).fill(2))];
  const heard: string[] = [];
  a.wire.hear("here", (bytes) => heard.push(bytes.toString()));
  await a.wire.settled();
  const listener = await connect({ servers: nats.url });
  onTestFinished(() => listener.close());
  const recorded: Uint8Array[] = [];
  listener.subscribe("heard.>", { callback: (_, message) => void recorded.push(message.data) });
  await listener.flush();

  b.wire.say("here", Buffer.from("secret word"));
  b.wire.say("there", Buffer.from("for another place"));
  await until("it is heard", () => heard.length === 1 && recorded.length === 2);
  expect(recorded.some((data) => Buffer.from(data).includes("secret"))).toBe(false);

  stranger.wire.say("here", Buffer.from("forged"));
  for (const data of recorded) listener.publish("heard.here", data);
  listener.publish("heard.here", "noise");
  await listener.flush();
  await soon();
  expect(heard).toEqual(["secret word"]);
  expect(a.logged.join()).toContain("not said by a control plane of ours");
});

test("a question that nobody hears is answered at once, and one that nobody answers in time", async () => {
  const [a, b] = [await wireOf("ask"), await wireOf("ask")];
  expect(await a.wire.ask("nowhere", Buffer.from("?"), 5_000)).toBe("nobody");
  b.wire.hear("deaf", () => {});
  b.wire.hear("room", (bytes, _, answer) => answer!(Buffer.from(`${bytes.toString()} yes`)));
  await b.wire.settled();
  expect(await a.wire.ask("deaf", Buffer.from("?"), 50)).toBeUndefined();
  const reply = await a.wire.ask("room", Buffer.from("here?"), 5_000);
  expect(reply).toMatchObject({ from: b.wire.id });
  expect(typeof reply === "object" && reply.bytes.toString()).toBe("here? yes");
});

test("over a bridge everything comes in order, and its last word too", async () => {
  const { left, right, heard } = await bridged("order");
  for (let i = 0; i < 200; i++) {
    left.text(String(i));
    right.bytes(new Uint8Array(i));
  }
  right.note({ read: 5 });
  await until("all of it is heard", () => heard.b.length === 201);
  right.close({ code: 1000 });
  await until("it has ended", () => heard.a.length === 202);
  expect(heard.b).toEqual(["early", ...Array.from({ length: 200 }, (_, i) => String(i))]);
  expect(heard.a).toEqual([...Array.from({ length: 200 }, (_, i) => i), { read: 5 }, { code: 1000 }]);
});

test("one message that is lost ends a bridge at both ends, also where it was the last", async () => {
  const first = await bridged("gap");
  first.b.lose(1);
  first.right.text("lost");
  first.right.text("after it");
  await until("both ends know", () => first.heard.a.includes("broken") && first.heard.b.includes("broken"));
  expect(first.heard.a).toEqual(["broken"]);

  const last = await bridged("last");
  await until("they have met", () => last.heard.b.length === 1);
  last.b.lose(1);
  last.right.text("lost");
  await until("both ends know", () => last.heard.a.includes("broken") && last.heard.b.includes("broken"));
});

test("who sends without end is ended, and the others go on", async () => {
  const { a, b, left, heard, ofA, ofB } = await bridged("flood");
  const other = ofA.bridge({ ended: () => {} }, { peer: b.wire.id });
  const told: string[] = [];
  ofB.bridge({ text: (text) => told.push(text), ended: () => told.push("ended") }, { id: other.id, peer: a.wire.id });
  for (let i = 0; i < 100; i++) left.bytes(new Uint8Array(64 * 1024));
  other.text("still here");
  await until("the other is heard", () => told.length > 0);
  expect(told).toEqual(["still here"]);
  expect(heard.a).toEqual([OVERFLOW]);
  await until("the other end knows", () => heard.b.includes("broken"));
});

test("what leads to where a server's link was ends when it is somewhere else", async () => {
  const { heard, ofA } = await bridged("moved");
  ofA.moved("srv_2");
  expect(heard.a).toEqual([]);
  ofA.moved("srv_1");
  await until("both ends know", () => heard.a.includes("broken") && heard.b.includes("broken"));
});

test("an event is heard at every process; one that is lost has listeners begin anew", async () => {
  const [a, b] = [await wireOf("events"), await wireOf("events")];
  const [ofA, ofB] = [sharedEvents(a.wire), sharedEvents(b.wire)];
  onTestFinished(() => (ofA.close(), ofB.close()));
  await b.wire.settled();
  const heard: (Signal | "reset")[] = [];
  let lastId = "";
  const leave = await ofB.subscribe(undefined, (signal, id) => ((lastId = id), heard.push(signal)));
  const changed = (id: string): Signal => ({ type: "app.changed", id });
  ofA.publish(changed("1"));
  await until("it is heard", () => heard.length === 1);
  leave();
  ofA.publish(changed("2"));
  await soon();
  const back = await ofB.subscribe(lastId, (signal) => heard.push(signal));
  expect(heard).toEqual([changed("1"), changed("2")]);

  a.lose(1);
  ofA.publish(changed("3"));
  ofA.publish(changed("4"));
  await until("listeners are told", () => heard.length === 3);
  ofA.publish(changed("5"));
  await until("it goes on", () => heard.length === 4);
  expect(heard.slice(2)).toEqual(["reset", changed("5")]);
  // Where it was the last one, the next beat shows it.
  a.lose(1);
  ofA.publish(changed("6"));
  await until("listeners are told", () => heard.length === 5);
  expect(heard[4]).toBe("reset");
  back();
  const elsewhere: unknown[] = [];
  await ofA.subscribe(lastId, (signal) => elsewhere.push(signal));
  expect(elsewhere).toEqual(["reset"]);
});

test("without NATS bridges end at once; it is said once, and when it is back everything goes on", async () => {
  const { a, b, heard, ofA, ofB } = await bridged("outage");
  const events = [sharedEvents(a.wire), sharedEvents(b.wire)];
  onTestFinished(() => events.forEach((each) => each.close()));
  const told: unknown[] = [];
  await events[1]!.subscribe(undefined, (signal) => told.push(signal));
  await nats.kill9();
  await until("both ends know", () => heard.a.includes("broken") && heard.b.includes("broken"));
  expect(a.logged).toEqual([expect.stringContaining("Look whether nats-server runs")]);
  expect(a.wire.say("anything", Buffer.from("?"))).toBe(false);
  expect(await a.wire.ask("anything", Buffer.from("?"), 50)).toBeUndefined();

  await nats.start();
  await until("it answers again", () => a.wire.isUp() && b.wire.isUp(), 20_000);
  expect(a.logged.at(-1)).toContain("NATS answers again");
  await until("listeners begin anew", () => told.includes("reset"));
  await b.wire.settled();
  const again: string[] = [];
  const left = ofA.bridge({ ended: () => {} }, { peer: b.wire.id });
  ofB.bridge({ text: (text) => again.push(text), ended: () => {} }, { id: left.id, peer: a.wire.id });
  left.text("back");
  await until("it is heard", () => again.length === 1);
});

test("a room elsewhere that was not heard is told again", async () => {
  const [a, b] = [await wireOf("rooms"), await wireOf("rooms")];
  const heard: string[] = [];
  b.wire.hear("room.srv_1", (bytes, _, answer) => {
    heard.push((JSON.parse(bytes.toString()) as { type: string }).type);
    if (heard.length > 1) answer!(Buffer.from('{"value":null}'));
  });
  await b.wire.settled();
  const woken: string[] = [];
  const local = { link: () => undefined, wake: async (serverId: string) => void woken.push(serverId) };
  const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const { port } = sharedRooms(local as never, a.wire, bridges(a.wire), log);
  port.wake("srv_1");
  await until("it is told again", () => heard.length === 2);
  port.wake("srv_2");
  await until("what nobody holds is looked after here", () => woken.length === 1);
  expect([heard, woken]).toEqual([["wake", "wake"], ["srv_2"]]);
});

test("where NATS does not answer at the start, it is said what to do", async () => {
  const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const refused = natsWire(["nats://ada:geheim@127.0.0.1:1"], "none", KEY, log);
  await expect(refused).rejects.toThrow(/NATS cannot be reached at nats:\/\/127\.0\.0\.1:1: .*correct APPOS_NATS_URL/s);
  await refused.catch((error: Error) => expect(error.message).not.toContain("geheim"));
});
