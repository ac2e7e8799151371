import { readFileSync } from "node:fs";
import { Agent as PlainAgent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { getCACertificates } from "node:tls";
import { Refusal } from "./refusal.ts";

/** This machine itself, where plain text is not overheard. */
export const isLoopback = (hostname: string) => hostname === "localhost" || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === "[::1]";

/** The address of a control plane: encrypted, except on this machine itself. */
export function controlPlaneUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Refusal(`${text} is no address of a control plane. It looks like https://appos.example.org.`);
  if (url.username || url.password) throw new Refusal("The address of the control plane may not hold a name or password.");
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    throw new Refusal(`${url.origin} is not encrypted. The agent talks to its control plane over https, except on the same machine.`);
  return url;
}

/** How connections to the control plane are made: through HTTPS_PROXY where it is set, trusting the file of certificates too. */
export function outbound(url: URL, { ca, env = process.env }: { ca?: string | undefined; env?: NodeJS.ProcessEnv } = {}) {
  const proxyEnv = isLoopback(url.hostname) ? undefined : env;
  if (url.protocol === "http:") return new PlainAgent({ proxyEnv });
  return new TlsAgent({ proxyEnv, ...(ca && { ca: [...getCACertificates("default"), readFileSync(ca, "utf8")] }) });
}

/** The proxy on the way to this address, if the environment names one. */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv = process.env): URL | undefined {
  if (isLoopback(url.hostname)) return undefined;
  const skip = (env["no_proxy"] ?? env["NO_PROXY"] ?? "").split(",").map((name) => name.trim().replace(/^\*?\./, ""));
  if (skip.some((name) => name === "*" || (name && (url.hostname === name || url.hostname.endsWith(`.${name}`))))) return undefined;
  const proxy = env["https_proxy"] ?? env["HTTPS_PROXY"];
  return proxy ? (URL.parse(proxy) ?? undefined) : undefined;
}
