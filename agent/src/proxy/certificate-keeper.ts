import { failpoint } from "@appos/shared/failpoint";
import type { AcmeAuthority, ProxyModel } from "@appos/shared/sites";
import { sha256 } from "../jobs/config-files.ts";
import type { Machine } from "../machine/machine.ts";
import { naps } from "../naps.ts";
import { certificateFolder, dueAt, keep, keptOf, sharedFolder } from "./certificates.ts";
import { driverFor } from "./drivers.ts";
import { proxyModel } from "./proxy-model.ts";
import { certifiedNames } from "./resolved.ts";
import { runsWhere } from "./where.ts";
import { tellWhoToAsk } from "./who-to-ask.ts";

/** So many are asked for side by side; and it is looked so often which are due, where nothing says that there are others. */
const [AT_ONCE, LOOK_MS] = [3, 60_000];
const SOON_MS = 5_000;
const PROBLEM = 2_000;
const CHALLENGES = "challenges";

interface CertificateKeeper {
  machine: Machine;
  /** There is one that the proxy does not know of. */
  arrived(): void;
  signal: AbortSignal;
}

/**
 * Gets the certificates of a proxy that gets none by itself, and new ones in time, whether or not the control plane is there. One that has
 * to be told when to ask for them, it tells.
 */
export function keepCertificates({ machine, arrived, signal }: CertificateKeeper) {
  const { nap, wake } = naps(machine, signal);

  /** Answers when to look again. */
  async function look(): Promise<number> {
    const model = await proxyModel(machine);
    const driver = model && driverFor(model);
    const isRunning = async () => (await runsWhere(model!, machine)) !== undefined;
    if (!driver || (driver.certificatesBy === "proxy" && !driver.asksWhenTold)) return LOOK_MS;
    if (driver.asksWhenTold) return (await isRunning()) ? tellWhoToAsk(model, machine, arrived) : SOON_MS;
    const names = [...new Set(certifiedNames(model))];
    let next = LOOK_MS;
    const due = [];
    for (const name of names) {
      const wait = dueAt(await keptOf(name, machine), model.acme.directory) - machine.now();
      if (wait <= 0) due.push(name);
      else next = Math.min(next, wait);
    }
    if (due.length === 0) return next;
    // Nobody could see the answers.
    if (!(await isRunning())) return SOON_MS;
    const ask = { from: model.acme, key: await accountKey(model.acme.directory, machine), at: answersAt(model, machine), machine, signal };
    const queue = due.values();
    const workers = Array.from({ length: Math.min(AT_ONCE, due.length) }, async () => {
      for (const name of queue) {
        signal.throwIfAborted();
        if (await get(name, ask)) arrived();
      }
    });
    await Promise.all(workers);
    return 0;
  }

  async function go() {
    // Answers to what was asked of an agent that was killed.
    for (const { folder, files } of [answersAt({}, machine), answersAt({ place: "host" }, machine)])
      await files.remove(`${folder}/${CHALLENGES}`).catch(() => undefined);
    while (!signal.aborted) await nap(await look().catch(() => LOOK_MS));
  }

  void go();
  return {
    /** The proxy serves something else, or somebody asks for certificates at once. */
    changed: wake,
  };
}

/** Asks for one certificate, and writes down what came of it. Answers whether it is here. */
async function get(name: string, { from, key, at, machine, signal }: Ask): Promise<boolean> {
  const { files, authority, now } = machine;
  const { directory } = from;
  const { certificate, tried: before } = await keptOf(name, machine);
  const times = before?.directory === directory ? before.times + 1 : 1;
  const tried = { times, at: now(), problem: before?.problem ?? null, directory, again: false };
  await keep(name, { certificate, tried }, machine);
  const answerFile = (token: string) => `${at.folder}/${CHALLENGES}/${plain(token)}`;
  const show = (token: string, answer: string) => at.files.share({ [answerFile(token)]: answer });
  const hide = (token: string) => at.files.remove(answerFile(token));
  try {
    const { pem, notBefore, notAfter } = await authority.issue({ name, from, accountKey: key, show, hide, signal });
    // Each in a file of its own: the one that serves stays until another configuration does.
    const file = `${certificateFolder(name)}/${(await sha256(new TextEncoder().encode(pem))).slice(0, 16)}.pem`;
    await files.write({ [`${sharedFolder(machine)}/${file}`]: pem });
    failpoint("agent: a certificate is here");
    await keep(name, { certificate: { file, notBefore, notAfter, directory, gotAt: now() }, tried: null }, machine);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const problem = (error instanceof Error ? error.message : String(error)).slice(0, PROBLEM);
    await keep(name, { certificate, tried: { ...tried, problem } }, machine);
    return false;
  }
}

interface Ask {
  from: AcmeAuthority;
  key: string;
  /** Where the proxy finds the answers. */
  at: AnswersAt;
  machine: Machine;
  signal: AbortSignal;
}

interface AnswersAt {
  folder: string;
  files: Pick<Machine["files"], "share" | "remove">;
}
const answersAt = ({ place }: Pick<ProxyModel, "place">, machine: Machine): AnswersAt =>
  place === "host" ? machine.hostNginx.shown : { folder: sharedFolder(machine), files: machine.files };

/** A key for each authority. */
async function accountKey(directory: string, { folder, files, authority }: Machine): Promise<string> {
  const file = `${folder}/proxy/accounts/${(await sha256(new TextEncoder().encode(directory))).slice(0, 16)}.pem`;
  const known = await files.read(file);
  if (known !== undefined) return known;
  const key = await authority.newKey();
  await files.write({ [file]: key });
  return key;
}

/** As RFC 8555 has them: an authority is not to name files here. */
function plain(token: string): string {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(token)) throw new Error("The authority asks for something that is no token.");
  return token;
}
