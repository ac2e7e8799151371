import type { Keys } from "../agent/src/handshake.ts";
import { memoryPlatform } from "../control-plane/src/platform/memory/platform.ts";
import { ADMIN, asker, type Reply } from "../control-plane/src/platform/asker.ts";
import type { Chance } from "./chance.ts";
import type { VirtualTime } from "./time.ts";

/** What a world gives the control plane, anew for each seed. */
export interface Around {
  time: VirtualTime;
  chance: Chance;
  /** Milliseconds UTC. */
  clock(): number;
  /** How often the database fails, before or after it has done what it was asked. */
  failing: number;
  slow: number;
}

const MINUTE = 60_000;
const terminal = "('succeeded', 'failed', 'canceled', 'lost', 'superseded')";

/** One control plane with one server, set up once; each seed begins from the same rows. */
export async function controlPlane() {
  let around: Around | undefined;
  const platform = await memoryPlatform(undefined, {
    now: () => around?.clock() ?? Date.UTC(2026, 10, 21),
    async query(ask) {
      if (!around) return ask();
      const { chance, time, failing, slow } = around;
      if (chance.of(slow)) await time.sleep(chance.upTo(20));
      if (!chance.of(failing)) return ask();
      if (chance.of(0.5)) await ask();
      throw new Error("The database failed");
    },
  });
  const first = platform.start();
  const setup = await asker(first.app)("/api/v1/setup", { json: { token: await first.services.auth.setupToken(), ...ADMIN } });
  const signedIn = { cookie: setup.headers.get("set-cookie")!.split(";")[0]!, origin: "https://appos.example.org" };
  const ask = asker(first.app, signedIn);
  const { data: token } = await ask("/api/v1/tokens", { json: { name: "simulation", role: "admin" } });
  const keys = await enroll();
  await watchRows(platform.client);
  await platform.client.execute("BEGIN");

  async function enroll(): Promise<Keys> {
    const { data } = await ask("/api/v1/servers", { json: { name: "tokyo-1" } });
    const seed = Buffer.alloc(32, 9);
    const privateKey = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]).toString("base64url");
    const { x: publicKey } = (await crypto.subtle.exportKey("jwk", seed as unknown as CryptoKey)) as { x: string };
    const { data: enrolled } = await asker(first.app)("/api/v1/agent/enroll", { json: { token: data.enrollment.token, publicKey } });
    return { ...enrolled, privateKey };
  }

  async function rowsOf(sql: string, ...args: string[]): Promise<Record<string, unknown>[]> {
    const { columns, rows } = await platform.client.execute({ sql, args });
    return (rows as unknown as unknown[][]).map((row) => Object.fromEntries(row.map((value, i) => [columns[i], value])));
  }

  return {
    keys,
    faults: platform.faults,
    /** Everything as it was when it was set up. */
    async begin(next: Around) {
      around = undefined;
      platform.faults.length = 0;
      for (const sql of ["ROLLBACK", "BEGIN"]) await platform.client.execute(sql);
      around = next;
    },
    violations: async () => (await rowsOf("select what from violations")).map(({ what }) => String(what)),
    rows: rowsOf,

    async start() {
      const started = platform.start();
      const { services, rooms, kill } = started;
      const { time } = around!;
      let alive = true;
      const minute = () => {
        if (!alive) return;
        void services.jobs.wakeAll().catch(() => {});
        time.timer(MINUTE, minute);
      };
      // As a process does that cannot begin: it ends, and is started again.
      const begun = await services.servers
        .allDisconnected()
        .then(() => services.jobs.wakeAll())
        .then(
          () => true,
          () => false,
        );
      time.timer(MINUTE, minute);
      return {
        begun,
        rooms,
        ask: (path: string, asked?: Parameters<typeof ask>[1]): Promise<Reply> =>
          asker(started.app, { authorization: `Bearer ${token.secret}` })(`/api/v1${path}`, asked),
        kill() {
          alive = false;
          kill();
        },
      };
    },
  };
}

type Client = Awaited<ReturnType<typeof memoryPlatform>>["client"];

/** What no statement may ever do to a job or its log. */
async function watchRows(client: Client) {
  await client.execute("create table violations (what text)");
  const watch = (name: string, on: string, what: string) =>
    client.execute(`create trigger ${name} after ${on} begin insert into violations values (${what}); end`);
  await watch(
    "t1",
    `update of state on jobs when old.state in ${terminal} and new.state <> old.state`,
    "old.id || ' was ' || old.state || ' and became ' || new.state",
  );
  await watch("t2", "update of held on jobs when new.held < old.held", "old.id || ' holds less than before'");
  await watch("t3", "update on entries", "old.jobId || ' had an entry rewritten'");
  await watch(
    "t4",
    "insert on entries when new.seq > 1 and not exists (select 1 from entries where jobId = new.jobId and seq = new.seq - 1)",
    "new.jobId || ' has a gap before ' || new.seq",
  );
}
