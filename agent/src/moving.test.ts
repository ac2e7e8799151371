import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { expect, test } from "vitest";
import { challengeText, type ControlFrame, movedText } from "@appos/shared/agent-link";
import { converse } from "./conversation.ts";
import { openJournal } from "./journal/journal.ts";
import { type Hearer, keepLink } from "./link.ts";
import { fakeDisk } from "./machine/fake-disk.ts";
import { fakeMachine } from "./machine/fake-machine.ts";
import { startRunner } from "./runner.ts";
import { whereabouts } from "./whereabouts.ts";

const OLD = "https://old.example.org";
const NEW = "https://new.example.org";
const [nonce, serverId, controlPlaneId] = ["n".repeat(43), "srv_1", "cp_1"];
const [pinned, another, own] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
const keys = {
  serverId,
  controlPlaneId,
  controlPlaneKey: pinned.publicKey.export({ format: "jwk" }).x!,
  privateKey: own.privateKey.export({ type: "pkcs8", format: "der" }).toString("base64url"),
};
const signed = (text: string, { privateKey }: { privateKey: KeyObject }) => sign(null, Buffer.from(text), privateKey).toString("base64url");

/** What stands at an address: answers each thing an agent says, or nothing listens there. */
type Peer = ((said: { type: string; nonce?: string }) => ControlFrame | undefined) | undefined;

const signpost =
  (url: string, key = pinned): Peer =>
  ({ type, nonce: agentNonce = "" }) =>
    type === "hello"
      ? { type: "moved", url, nonce, signature: signed(movedText({ agentNonce, nonce, controlPlaneId, serverId, url }), key) }
      : undefined;
const controlPlane =
  (key = pinned): Peer =>
  ({ type, nonce: agentNonce = "" }) => {
    const text = challengeText({ agentNonce, controlNonce: nonce, controlPlaneId, serverId });
    if (type === "hello") return { type: "challenge", nonce, controlPlaneId, signature: signed(text, key) };
    return type === "proof" ? { type: "welcome", epoch: 8, incarnation: "one" } : undefined;
  };

/** An agent among such peers, until it has dialled so often or was let in. */
async function agentAmong(peers: Record<string, Peer>, dials: number) {
  const stop = new AbortController();
  const [dialled, kept, reasons]: string[][] = [[], [], []];
  const where = whereabouts(
    OLD,
    (url) => {
      if (!url.startsWith("https://")) throw new Error("It is not encrypted.");
      return url;
    },
    async (url) => void kept!.push(url),
  );
  const timer = (_: number, task: () => void) => (setImmediate(task), () => {});
  const never = (_: number, __: () => void) => () => {};
  const journal = await openJournal(fakeDisk().mount(), () => "journal-1");
  const broken = (error: unknown) => {
    throw error;
  };
  const run = async () => ({ outcome: "succeeded" as const });
  const runner = startRunner({ journal, run, now: () => 0, timer: never, lanesAtOnce: 3, refusal: async () => undefined, broken });
  // Its time stands still.
  const { machine } = fakeMachine(undefined, { now: () => 0, elapsed: () => 0, sleep: () => new Promise(() => {}) });

  function dial(hearer: Hearer) {
    const url = where.next();
    const peer = peers[url];
    dialled!.push(url);
    if (dialled!.length >= dials) stop.abort();
    if (!peer) return void setImmediate(() => hearer.gone("Nothing listens there"));
    const gone = (why: string) => void setImmediate(() => hearer.gone(why));
    hearer.opened({
      send(text) {
        const answer = text.startsWith("{") ? peer(JSON.parse(text) as { type: string }) : undefined;
        if (answer) setImmediate(() => hearer.text(JSON.stringify(answer)));
      },
      sendBytes: async () => {},
      hangUp: () => gone("The agent stops"),
      terminate: () => gone("It was ended"),
    });
  }

  await keepLink({
    dial,
    now: () => 0,
    // Only what is waited for between two links comes; no heartbeat, no limit of time.
    timer: (ms, task) => (ms < 1 ? timer(ms, task) : never(ms, task)),
    random: () => 0,
    soon: where.elsewhere,
    stop: stop.signal,
    converse: (wire) =>
      converse(
        {
          keys,
          version: "1.0.0",
          machine,
          runner,
          onMoved: where.moved,
          onWelcome: () => void where.letIn().then(() => stop.abort()),
          onFacts: () => {},
          warn: () => {},
        },
        wire,
      ),
    onDown: (why) => void reasons!.push(where.down(why)),
  });
  return { dialled: dialled!, kept: kept!, reasons: reasons! };
}

test("a move that another key has signed is not followed", async () => {
  const { dialled, kept, reasons } = await agentAmong({ [OLD]: signpost(NEW, another), [NEW]: controlPlane() }, 4);
  expect(new Set(dialled)).toEqual(new Set([OLD]));
  expect(reasons[0]).toContain("not the control plane");
  expect(kept).toEqual([]);
});

test("a move to where agents do not go is not followed", async () => {
  const { dialled, kept, reasons } = await agentAmong({ [OLD]: signpost("http://new.example.org") }, 3);
  expect(new Set(dialled)).toEqual(new Set([OLD]));
  expect(reasons[0]).toBe("The control plane has moved to http://new.example.org, where this agent does not go. It is not encrypted.");
  expect(kept).toEqual([]);
});

test("a new place that does not prove itself is left, and the old one asked again", async () => {
  const { dialled, kept, reasons } = await agentAmong({ [OLD]: signpost(NEW), [NEW]: controlPlane(another) }, 5);
  expect(dialled).toEqual([OLD, NEW, OLD, NEW, OLD]);
  expect(reasons[1]).toContain(`has moved to ${NEW}, which did not let this server in: What answered is not the control plane`);
  expect(kept).toEqual([]);
});

test("a new place that cannot be reached is left, and the old one asked again", async () => {
  const { dialled, kept, reasons } = await agentAmong({ [OLD]: signpost(NEW) }, 5);
  expect(dialled).toEqual([OLD, NEW, OLD, NEW, OLD]);
  expect(reasons[1]).toContain("did not let this server in: Nothing listens there");
  expect(kept).toEqual([]);
});

test("a new place that lets the server in is kept", async () => {
  const { dialled, kept } = await agentAmong({ [OLD]: signpost(NEW), [NEW]: controlPlane() }, 9);
  expect(dialled).toEqual([OLD, NEW]);
  expect(kept).toEqual([NEW]);
});

test("a control plane that is where it was is not left", async () => {
  const { dialled, kept } = await agentAmong({ [OLD]: controlPlane(), [NEW]: controlPlane() }, 9);
  expect([dialled, kept]).toEqual([[OLD], []]);
});
