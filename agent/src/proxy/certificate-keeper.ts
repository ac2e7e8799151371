import type { ProxyModel } from "@appos/shared/sites";
import { removeLeft } from "../dns/left-behind.ts";
import { sha256 } from "../jobs/config-files.ts";
import type { Machine } from "../machine/machine.ts";
import { naps } from "../naps.ts";
import { dueAt, keptOf } from "./certificates.ts";
import { driverFor } from "./drivers.ts";
import { answersAt, CHALLENGES, getCertificate } from "./get-certificate.ts";
import { proxyModel } from "./proxy-model.ts";
import { namesByDns, namesByHttp } from "./resolved.ts";
import { runsWhere } from "./where.ts";
import { tellWhoToAsk } from "./who-to-ask.ts";

/** So many are asked for side by side; and it is looked so often which are due, where nothing says that there are others. */
const [AT_ONCE, LOOK_MS] = [3, 60_000];
const SOON_MS = 5_000;
/** What could not be taken away from the DNS is tried again so often. */
const LEFT_MS = 60 * 60_000;

interface CertificateKeeper {
  machine: Machine;
  /** There is one that the proxy does not know of. */
  arrived(): void;
  signal: AbortSignal;
}

/**
 * Gets the certificates of a proxy that gets none by itself, those that are proven in the DNS of every proxy, and new ones in time, whether
 * or not the control plane is there. One that has to be told when to ask for them, it tells.
 */
export function keepCertificates({ machine, arrived, signal }: CertificateKeeper) {
  const accountKey = accountKeys(machine);

  /** Answers when to look again. */
  async function overHttp(model: ProxyModel): Promise<number> {
    const { certificatesBy, asksWhenTold } = driverFor(model);
    const isRunning = async () => (await runsWhere(model, machine)) !== undefined;
    if (asksWhenTold) return (await isRunning()) ? tellWhoToAsk(model, machine, arrived) : SOON_MS;
    if (certificatesBy === "proxy") return LOOK_MS;
    const { due, next } = await dueOf(namesByHttp(model), model);
    if (due.length === 0) return next;
    // Nobody could see the answers.
    if (!(await isRunning())) return SOON_MS;
    return getAll(due, model);
  }

  let leftAt = -Infinity;
  async function inTheDns(model: ProxyModel): Promise<number> {
    // Nothing is being asked for just now: what is noted is left from before, also by an agent that was killed.
    if (machine.elapsed() >= leftAt + LEFT_MS) {
      leftAt = machine.elapsed();
      await removeLeft(model.dnsProviders, machine, signal);
    }
    const { due, next } = await dueOf(namesByDns(model), model);
    return due.length === 0 ? next : getAll(due, model);
  }

  async function dueOf(names: string[], { acme }: ProxyModel) {
    let next = LOOK_MS;
    const due = [];
    for (const name of new Set(names)) {
      const wait = dueAt(await keptOf(name, machine), acme.directory) - machine.now();
      if (wait <= 0) due.push(name);
      else next = Math.min(next, wait);
    }
    return { due, next };
  }

  async function getAll(due: string[], model: ProxyModel): Promise<number> {
    const ask = { model, accountKey: await accountKey(model.acme.directory), machine, signal };
    const queue = due.values();
    const workers = Array.from({ length: Math.min(AT_ONCE, due.length) }, async () => {
      for (const name of queue) {
        signal.throwIfAborted();
        if (await getCertificate(name, ask)) arrived();
      }
    });
    await Promise.all(workers);
    return 0;
  }

  /** By itself, so that what takes its time in the DNS keeps nothing else waiting. */
  function keeping(look: (model: ProxyModel) => Promise<number>) {
    const { nap, wake } = naps(machine, signal);
    const once = async () => {
      const model = await proxyModel(machine);
      return model ? look(model) : LOOK_MS;
    };
    return {
      wake,
      async go() {
        while (!signal.aborted) await nap(await once().catch(() => LOOK_MS));
      },
    };
  }

  const both = [keeping(overHttp), keeping(inTheDns)];
  async function go() {
    // Answers to what was asked of an agent that was killed.
    for (const { folder, files } of [answersAt({}, machine), answersAt({ place: "host" }, machine)])
      await files.remove(`${folder}/${CHALLENGES}`).catch(() => undefined);
    for (const each of both) void each.go();
  }

  void go();
  return {
    /** The proxy serves something else, or somebody asks for certificates at once. */
    changed: () => both.forEach(({ wake }) => wake()),
  };
}

/** A key for each authority, also where two ask for it at once. */
function accountKeys({ folder, files, authority }: Machine) {
  const known = new Map<string, Promise<string>>();
  async function find(directory: string) {
    const file = `${folder}/proxy/accounts/${(await sha256(new TextEncoder().encode(directory))).slice(0, 16)}.pem`;
    const there = await files.read(file);
    if (there !== undefined) return there;
    const key = await authority.newKey();
    await files.write({ [file]: key });
    return key;
  }
  return (directory: string): Promise<string> => {
    const key = known.get(directory) ?? find(directory);
    known.set(directory, key);
    key.catch(() => known.delete(directory));
    return key;
  };
}
