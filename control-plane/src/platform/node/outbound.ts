import { lookup, type LookupAddress } from "node:dns";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { addressProblem, type Allowed, WAY_OUT } from "../../outbound/allowed.ts";
import { OutboundFailed } from "../../outbound/failure.ts";
import type { Outbound } from "../../ports.ts";

/** Asks at no other address than the ones that were checked: what DNS says a moment later changes nothing. */
export function nodeOutbound(allowed: Allowed): Outbound {
  const options = { keepAlive: true, maxSockets: 8, timeout: 30_000, lookup: checkedLookup(allowed) };
  const agents = { "http:": new http.Agent(options), "https:": new https.Agent(options) };
  return {
    allowed,
    ask: (url, headers, signal) =>
      new Promise((answered, failed) => {
        const { request } = url.protocol === "https:" ? https : http;
        const agent = agents[url.protocol as keyof typeof agents];
        let isFound = isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0;
        request(url, { agent, headers, signal })
          .on("socket", (socket) => {
            if (!socket.connecting) isFound = true;
            socket.once("lookup", () => (isFound = true));
          })
          .on("response", (reply) => answered(responseOf(reply)))
          .on("error", (error) => failed(signal.aborted ? (isFound ? error : unfound(url)) : explained(error, url)))
          .end();
      }),
  };
}

/** Resolves a name to addresses that may be asked; where one may not, none may. */
export function checkedLookup(allowed: Allowed): LookupFunction {
  return (host, options, done) =>
    lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return done(error, []);
      const problem = addressProblem(
        host,
        addresses.map(({ address }) => address),
        allowed,
      );
      if (problem !== undefined) return done(new OutboundFailed(`${problem}, so AppOS does not ask it. ${WAY_OUT}`, true), []);
      if (options.all) return done(null, addresses);
      done(null, addresses[0]!.address, addresses[0]!.family);
    });
}

function responseOf(reply: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(reply.headers)) if (value !== undefined) headers.set(name, String(value));
  const status = reply.statusCode ?? 502;
  const hasNoBody = [204, 205, 304].includes(status);
  if (hasNoBody) reply.resume();
  return new Response(hasNoBody ? null : (Readable.toWeb(reply) as ReadableStream<Uint8Array>), { status, headers });
}

const reasons: [RegExp, (host: string) => string][] = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, (host) => `There is no address for ${host}. Look at its name, and at this machine's DNS.`],
  [/^ECONNREFUSED$/, (host) => `${host} refuses the connection.`],
  [/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/, (host) => `The certificate of ${host} cannot be trusted.`],
];

const unfound = ({ hostname }: URL) => new OutboundFailed(`No name server says in time where ${hostname} leads.`, true);

function explained(error: NodeJS.ErrnoException, { host }: URL): OutboundFailed {
  if (error instanceof OutboundFailed) return error;
  const reason = reasons.find(([code]) => code.test(error.code ?? ""))?.[1];
  return new OutboundFailed(reason ? reason(host) : `${host} cannot be reached.`, /^(ENOTFOUND|EAI_AGAIN)$/.test(error.code ?? ""));
}
