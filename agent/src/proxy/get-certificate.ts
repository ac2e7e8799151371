import { failpoint } from "@appos/shared/failpoint";
import type { ProxyModel } from "@appos/shared/sites";
import { dnsProof } from "../dns/dns-proof.ts";
import { removeSet } from "../dns/left-behind.ts";
import { sha256 } from "../jobs/config-files.ts";
import type { CertificateOrder, Machine } from "../machine/machine.ts";
import { certificateFolder, keep, keptOf, sharedFolder } from "./certificates.ts";
import { namesOf } from "./resolved.ts";

const PROBLEM = 2_000;
export const CHALLENGES = "challenges";

export interface Ask {
  model: ProxyModel;
  accountKey: string;
  machine: Machine;
  signal: AbortSignal;
}

/** Asks for one certificate, and writes down what came of it. Answers whether it is here. */
export async function getCertificate(name: string, { model, accountKey, machine, signal }: Ask): Promise<boolean> {
  const { files, authority, now } = machine;
  const { directory } = model.acme;
  const { certificate, tried: before } = await keptOf(name, machine);
  const times = before?.directory === directory ? before.times + 1 : 1;
  const tried = { times, at: now(), problem: before?.problem ?? null, directory, again: false };
  await keep(name, { certificate, tried }, machine);
  const proof = proofOf(name, model, { machine, signal });
  try {
    const { kind, show, hide } = proof;
    const { pem, notBefore, notAfter } = await authority.issue({ name, proof: kind, from: model.acme, accountKey, show, hide, signal });
    // Each in a file of its own: the one that serves stays until another configuration does.
    const file = `${certificateFolder(name)}/${(await sha256(new TextEncoder().encode(pem))).slice(0, 16)}.pem`;
    await files.write({ [`${sharedFolder(machine)}/${file}`]: pem });
    failpoint("agent: a certificate is here");
    await keep(name, { certificate: { file, notBefore, notAfter, directory, gotAt: now() }, tried: null }, machine);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const words = error instanceof Error ? error.message : String(error);
    const problem = [words, proof.unseen() ?? []].flat().join(" ").slice(0, PROBLEM);
    await keep(name, { certificate, tried: { ...tried, problem } }, machine);
    return false;
  } finally {
    await proof.end();
  }
}

/** How an authority is shown that a name is ours. */
interface Proof extends Pick<CertificateOrder, "show" | "hide"> {
  kind: CertificateOrder["proof"];
  end(): Promise<void>;
  /** What the authority may not have found. */
  unseen(): string | undefined;
}

function proofOf(name: string, model: ProxyModel, { machine, signal }: Pick<Ask, "machine" | "signal">): Proof {
  const { sites, dnsProviders } = model;
  const id = sites.find((site) => namesOf(site).includes(name))?.dnsProviderId;
  const provider = dnsProviders.find((each) => each.id === id);
  if (!provider) return httpProof(answersAt(model, machine));
  const { show, ...rest } = dnsProof({ name, provider, providers: dnsProviders, machine, signal });
  return {
    kind: "dns-01",
    async show(_, answer) {
      // What an agent left behind that was killed in between.
      await removeSet(name, dnsProviders, machine, signal);
      await show(answer);
    },
    hide: rest.end,
    ...rest,
  };
}

function httpProof({ folder, files }: AnswersAt): Proof {
  const answerFile = (token: string) => `${folder}/${CHALLENGES}/${plain(token)}`;
  return {
    kind: "http-01",
    show: (token, answer) => files.share({ [answerFile(token)]: answer }),
    hide: (token) => files.remove(answerFile(token)),
    end: async () => {},
    unseen: () => undefined,
  };
}

/** Where the proxy finds the answers. */
interface AnswersAt {
  folder: string;
  files: Pick<Machine["files"], "share" | "remove">;
}
export const answersAt = ({ place }: Pick<ProxyModel, "place">, machine: Machine): AnswersAt =>
  place === "host" ? machine.shown : { folder: sharedFolder(machine), files: machine.files };

/** As RFC 8555 has them: an authority is not to name files here. */
function plain(token: string): string {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(token)) throw new Error("The authority asks for something that is no token.");
  return token;
}
