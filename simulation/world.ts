import { converse } from "../agent/src/conversation.ts";
import type { Keys } from "../agent/src/handshake.ts";
import { openJournal } from "../agent/src/journal/journal.ts";
import type { Work } from "../agent/src/journal/records.ts";
import { fakeDisk } from "../agent/src/machine/fake-disk.ts";
import { idleMachine } from "./idle-machine.ts";
import { type Run, startRunner } from "../agent/src/runner.ts";
import { ADMIN, asker } from "../control-plane/src/platform/asker.ts";
import { memoryPlatform } from "../control-plane/src/platform/memory/platform.ts";
import type { Ending } from "../shared/src/jobs.ts";
import { type Cable, cable } from "./wire.ts";

/** What a test does as the program that a job runs. */
export interface Program {
  log(text: string): void;
  end(ending: Ending): void;
}

const compose = "services:\n  web:\n    image: nginx:1.29\n";
const base64Url = (bytes: ArrayBuffer) => Buffer.from(bytes).toString("base64url");

/** A control plane, one enrolled server with its agent, and the wires between them. */
export async function world() {
  const platform = await memoryPlatform();
  const disk = fakeDisk();
  const running = new Map<string, Program>();
  const starts: Work[] = [];
  const cables: Cable[] = [];
  let controlPlane = platform.start();
  let lives = 0;

  const nobody = (path: string, ask?: Parameters<ReturnType<typeof asker>>[1]) => asker(controlPlane.app)(path, ask);
  const setup = await nobody("/api/v1/setup", { json: { token: await controlPlane.services.auth.setupToken(), ...ADMIN } });
  const signedIn = { cookie: setup.headers.get("set-cookie")!.split(";")[0]!, origin: "https://appos.example.org" };
  const ask = (path: string, asked?: Parameters<ReturnType<typeof asker>>[1]) => asker(controlPlane.app, signedIn)(`/api/v1${path}`, asked);

  const keys = await enroll("tokyo-1");
  let runner = await startAgent();

  async function enroll(name: string): Promise<Keys> {
    const { data } = await ask("/servers", { json: { name } });
    const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = base64Url(await crypto.subtle.exportKey("raw", pair.publicKey));
    const enrolled = await nobody("/api/v1/agent/enroll", { json: { token: data.enrollment.token, publicKey } });
    return { ...enrolled.data, privateKey: base64Url(await crypto.subtle.exportKey("pkcs8", pair.privateKey)) };
  }

  async function startAgent(journal = "journal-1") {
    const life = ++lives;
    const run: Run = (work, { signal, say }) =>
      new Promise((ended) => {
        if (life !== lives) return;
        const end = (ending: Ending) => void (running.delete(work.jobId) && ended(ending));
        starts.push(work);
        running.set(work.jobId, { log: (text) => void say({ step: "start", stream: "stdout", text }), end });
        if (signal.aborted) end({ outcome: "canceled" });
        signal.addEventListener("abort", () => end({ outcome: "canceled" }));
      });
    const broken = (error: unknown) => {
      throw error;
    };
    return startRunner({
      journal: await openJournal(disk.mount(), () => journal),
      run,
      now: () => 0,
      timer: () => () => {},
      lanesAtOnce: 3,
      refusal: async () => undefined,
      broken,
    });
  }

  return {
    ask,
    keys,
    enroll,
    running,
    starts,
    disk,
    rooms: () => controlPlane.rooms,
    serverId: keys.serverId,

    async deploy(name: string) {
      const known = (await ask(`/apps/${name}`)).status === 200;
      const { data } = known
        ? await ask(`/apps/${name}/deploy`, { method: "POST" })
        : await ask("/apps", { json: { name, source: { type: "compose", compose } } });
      return data.deployment as { id: string; jobId: string };
    },
    job: async (id: string) => (await ask(`/jobs/${id}`)).data,
    deployment: async (id: string) => (await ask(`/deployments/${id}`)).data,
    log: async (id: string) => (await ask(`/jobs/${id}/entries`)).data.items.map(({ text }: { text: string }) => text) as string[],
    linked: async () => (await ask("/servers/tokyo-1")).data.linked as boolean,
    advance: platform.advance,
    presence: async () => (await ask("/servers/tokyo-1")).data.presence as string,

    /** Opens a connection; with other keys, as somebody else would. */
    connect(as: Keys = keys, room = keys.serverId) {
      const about = { keys: as, version: "0", machine: idleMachine(), runner, onWelcome: () => {}, onFacts: () => {}, warn: () => {} };
      const opened = cable(controlPlane.rooms, room, (wire) => converse(about, wire));
      cables.push(opened);
      return opened;
    },

    /** An agent on the line with whoever a test plays. */
    agentAlone() {
      const sent: string[] = [];
      const wire = { send: (text: string) => void sent.push(text), sendBytes: async () => {} };
      const talk = converse(
        { keys, version: "0", machine: idleMachine(), runner, onWelcome: () => {}, onFacts: () => {}, warn: () => {} },
        wire,
      );
      const said = () => sent.map((text) => (JSON.parse(text) as { type: string }).type);
      return { hear: (frame: unknown) => talk.hear(JSON.stringify(frame)), said };
    },

    /** `kill -9`, and up again on the same database. */
    async restartControlPlane() {
      controlPlane.kill();
      for (const opened of cables) opened.cut();
      controlPlane = platform.start();
      await controlPlane.services.servers.allDisconnected();
    },

    /** `kill -9`, and up again: on the same disk, or on an empty one with a new journal. */
    async restartAgent(newJournal?: string) {
      for (const opened of cables) opened.hangUp();
      if (newJournal) disk.wipe();
      running.clear();
      runner = await startAgent(newJournal);
    },
  };
}
