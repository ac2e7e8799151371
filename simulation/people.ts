import type { Reply } from "../control-plane/src/platform/asker.ts";
import type { Chance } from "./chance.ts";
import type { controlPlane } from "./control.ts";
import type { VirtualTime } from "./time.ts";
import type { Witness } from "./witness.ts";

type Running = Awaited<ReturnType<Awaited<ReturnType<typeof controlPlane>>["start"]>>;

interface Wish {
  key: string;
  path: string;
  method: "POST";
  json?: unknown;
  /** The jobs it was answered with; a wish is for one. */
  jobs: Set<string>;
  /** It was refused, and for good. */
  refused: boolean;
  busy: boolean;
}

const APPS = ["blog", "wiki", "shop", "mail"];
const compose = (image: string) => `services:\n  web:\n    image: ${image}\n`;
const PATIENCE_MS = 20_000;

/** People who ask for things, ask again when they get no answer, and remember every promise. */
export function people(
  { time, chance, witness }: { time: VirtualTime; chance: Chance; witness: Witness },
  running: () => Running | undefined,
) {
  const wishes: Wish[] = [];
  const made = new Set<string>();

  async function send(wish: Wish) {
    const asked = running();
    if (!asked || wish.busy) return;
    wish.busy = true;
    const answer = asked
      .ask(wish.path, { method: wish.method, json: wish.json, headers: { "idempotency-key": wish.key } })
      .catch(() => undefined);
    const reply: Reply | undefined = await Promise.race([answer, time.sleep(PATIENCE_MS).then(() => undefined)]);
    wish.busy = false;
    if (!reply || reply.status >= 500) return;
    if (reply.status === 202) take(wish, reply);
    else if (wish.jobs.size === 0) wish.refused = true;
  }

  function take(wish: Wish, { data }: Reply) {
    const id = (data.deployment?.jobId ?? data.job?.id ?? data.jobId ?? data.id) as string;
    wish.jobs.add(id);
    if (wish.jobs.size > 1) witness.wrong(`${wish.path} with one key gave ${[...wish.jobs].join(" and ")}`);
  }

  function wish(path: string, json?: unknown) {
    const next: Wish = { key: `key-${wishes.length}`, path, method: "POST", json, jobs: new Set(), refused: false, busy: false };
    wishes.push(next);
    void send(next);
  }

  const promised = () => wishes.flatMap(({ jobs }) => [...jobs]);
  return {
    ask() {
      if (wishes.length > 0 && chance.of(0.15)) return void send(chance.pick(wishes));
      const app = chance.pick(APPS);
      if (!made.has(app)) {
        made.add(app);
        return wish("/apps", { name: app, source: { type: "compose", compose: compose(`app:${chance.upTo(3)}`) } });
      }
      wish(`/apps/${app}/${chance.weighed({ deploy: 5, restart: 3, stop: 1, start: 1 })}`);
    },
    cancel() {
      const id = promised().at(-1 - chance.upTo(4));
      void running()
        ?.ask(`/jobs/${id}/cancel`, { method: "POST" })
        .catch(() => {});
    },
    /** Those who got no answer ask until they have one. */
    insist: () => wishes.forEach((each) => each.jobs.size === 0 && !each.refused && void send(each)),
    satisfied: () => wishes.every(({ jobs, refused }) => refused || jobs.size > 0),
    promised,
  };
}
