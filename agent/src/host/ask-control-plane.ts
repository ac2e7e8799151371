import { request as plain } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { request as tls } from "node:https";
import { outbound, proxyFor } from "./outbound.ts";
import { Refusal } from "./refusal.ts";

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Question {
  path: string;
  /** Sent as JSON. A question with a body is a POST. */
  body?: unknown;
  ca?: string | undefined;
  env?: NodeJS.ProcessEnv;
  /** How long an answer is waited for, where not as long as usual. */
  limitMs?: number;
}

const ANSWER_MS = 15_000;
const LONGEST_BODY = 64 * 1024;

/** One request to the control plane. A redirect is an answer like any other: it is never followed. */
export async function askControlPlane(url: URL, { path, body, ca, env, limitMs = ANSWER_MS }: Question): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const agent = outbound(url, { ca, ...(env && { env }) });
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  const request = (url.protocol === "https:" ? tls : plain)(new URL(path, url), {
    method: text === undefined ? "GET" : "POST",
    agent,
    headers,
    signal: AbortSignal.timeout(limitMs),
  });
  request.on("error", reject);
  request.on("response", (response) => {
    let answer = "";
    response.setEncoding("utf8").on("error", reject);
    response.on("data", (chunk: string) => (answer.length < LONGEST_BODY ? (answer += chunk) : response.destroy()));
    response.on("close", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer }));
  });
  request.end(text);
  try {
    return await promise;
  } catch (error) {
    const proxy = proxyFor(url, env);
    throw new Refusal(`${url.origin} cannot be reached${proxy ? ` through the proxy ${proxy.host}` : ""}: ${whyNot(error)}.`);
  } finally {
    agent.destroy();
  }
}

const reasons: Record<string, string> = {
  ENOTFOUND: "its name is not known (DNS)",
  EAI_AGAIN: "its name could not be looked up (DNS)",
  ECONNREFUSED: "nothing listens there",
  ETIMEDOUT: "it does not answer",
  ECONNRESET: "the connection was cut",
  EHOSTUNREACH: "there is no way to that address",
  ENETUNREACH: "there is no way to that address",
  ABORT_ERR: "it does not answer within 15 seconds",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed; name its authority in APPOS_CA_FILE",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not trusted here; name it in APPOS_CA_FILE",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an authority that is not trusted here; name it in APPOS_CA_FILE",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority that is not trusted here; name it in APPOS_CA_FILE",
};

/** Why a connection failed, in words. */
export function whyNot(error: unknown): string {
  const { code, name, message } = error as { code?: string; name?: string; message?: string };
  return reasons[code ?? ""] ?? (name === "TimeoutError" ? reasons["ABORT_ERR"]! : message || code || String(error));
}
