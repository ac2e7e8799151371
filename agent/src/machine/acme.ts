import { AsyncLocalStorage } from "node:async_hooks";
import { request } from "node:https";
import axios from "acme-client/src/axios.js";
import Client from "acme-client/src/client.js";
import crypto from "acme-client/src/crypto/index.js";
import type { CertificateOrder, Issued } from "./authority.ts";
import { validity } from "./validity.ts";

// It reads certificates with what this brings already.
export { newLeaf, newRoot } from "./own-authority.ts";

/** One answer, and a whole order: what an authority looks up may take it a while. */
const [ANSWER_MS, ORDER_MS] = [30_000, 300_000];
const ANSWER_BYTES = 1_000_000;

// Its own way waits for as long as an authority says, and knows one set of roots.
axios.defaults.adapter = async (config) => {
  const { status, headers, text } = await ask(config.url!, config.method!, config.headers, config.data as string | undefined);
  return { status, statusText: String(status), headers, data: text, config };
};

const asking = new AsyncLocalStorage<Pick<CertificateOrder, "from" | "signal">>();

export const newKey = async () => (await crypto.createPrivateEcdsaKey()).toString();

export function issue(order: CertificateOrder): Promise<Issued> {
  const signal = AbortSignal.any([order.signal, AbortSignal.timeout(ORDER_MS)]);
  return asking.run({ from: order.from, signal }, () => issueAs(order));
}

/** Where the accounts of keys are, once they are known. */
const accounts = new Map<string, Promise<string>>();

/** An account that is there is not changed, and one that is not there is made: for orders side by side only once. */
async function accountUrl({ from, accountKey }: CertificateOrder): Promise<string> {
  const client = new Client({ directoryUrl: from.directory, accountKey });
  await client
    .createAccount({ onlyReturnExisting: true })
    .catch(() => client.createAccount({ termsOfServiceAgreed: true, ...(from.email !== null && { contact: [`mailto:${from.email}`] }) }));
  return client.getAccountUrl();
}

async function issueAs(order: CertificateOrder): Promise<Issued> {
  const id = `${order.from.directory}\n${order.accountKey}`;
  const account = accounts.get(id) ?? accountUrl(order);
  accounts.set(id, account);
  try {
    return await issueTo(await account, order);
  } catch (error) {
    // It may have been forgotten there.
    accounts.delete(id);
    throw error;
  }
}

async function issueTo(account: string, { name, proof, from, accountKey, show, hide }: CertificateOrder): Promise<Issued> {
  const patience = { backoffAttempts: 15, backoffMin: 500, backoffMax: 10_000 };
  const client = new Client({ directoryUrl: from.directory, accountKey, accountUrl: account, ...patience });
  const [key, csr] = await crypto.createCsr({ altNames: [name] }, await crypto.createPrivateEcdsaKey());
  const chain = await client.auto({
    csr,
    challengePriority: [proof],
    skipChallengeVerification: true,
    async challengeCreateFn(_, { type, token }, answer) {
      if (type !== proof) throw new Error(`The authority does not offer to look at ${name} ${offers[proof]}.`);
      await show(token, answer);
    },
    challengeRemoveFn: (_, { token }) => hide(token),
  });
  const pem = `${key.toString().trim()}\n${chain.trim()}\n`;
  const times = validity(pem, name);
  if (!times) throw new Error(`The authority issued something that is no certificate of ${name}.`);
  return { pem, ...times };
}

const offers = { "http-01": "over HTTP", "dns-01": "in the DNS" };

interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Asks the authority of this order, and trusts who it is to be trusted by. */
function ask(url: string, method: string, headers: object, body: string | undefined): Promise<Answer> {
  const { from, signal } = asking.getStore()!;
  const host = new URL(url).host;
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(new Error(`The authority at ${host} could not be asked: ${wordsOf(error)}`));
    const options = {
      method: method.toUpperCase(),
      headers: { ...headers },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      ...(from.roots !== null && { ca: from.roots }),
    };
    const asked = request(url, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => {
        text += part;
        if (text.length > ANSWER_BYTES) answer.destroy(new Error("its answer is too long"));
      });
      answer.on("error", failed);
      answer.on("end", () => resolve({ status: answer.statusCode!, headers: single(answer.headers), text }));
    });
    asked.on("error", failed);
    asked.end(body);
  });
}

const wordsOf = (error: Error) => (["AbortError", "TimeoutError"].includes(error.name) ? "it did not answer in time" : error.message);

const single = (headers: NodeJS.Dict<string | string[]>) =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat().join(", ")]])));
