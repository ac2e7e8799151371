import type { PublishedPort } from "@appos/shared/apps";

export interface PortLink {
  label: string;
  /** Where a browser finds it; null where none can, or where it is not for browsers. */
  href: string | null;
  hint: string;
}

interface Where {
  /** The host this console was reached at. */
  consoleHost: string;
  serverName: string;
  hostname: string | undefined;
}

const everywhere = new Set(["", "0.0.0.0", "::", "[::]", "*"]);
const isLoopback = (ip: string) => ip === "::1" || ip === "[::1]" || ip.startsWith("127.");

/** A port published for IPv4 and IPv6 is one port to a person. */
export function portLinks(ports: PublishedPort[], where: Where): PortLink[] {
  const links = new Map<string, PortLink>();
  for (const port of [...ports].sort((a, b) => a.hostPort - b.hostPort)) {
    const link = portLink(port, where);
    const key = `${port.hostPort}/${port.protocol}`;
    if (!links.has(key) || (links.get(key)?.href === null && link.href)) links.set(key, link);
  }
  return [...links.values()];
}

function portLink({ hostIp, hostPort, containerPort, protocol }: PublishedPort, { consoleHost, serverName, hostname }: Where): PortLink {
  const label = protocol === "tcp" ? String(hostPort) : `${hostPort}/${protocol}`;
  const inside = `Port ${containerPort} of the container`;
  if (protocol !== "tcp") return { label, href: null, hint: inside };

  const local = serverName === "local";
  const consoleIsHere = isLoopback(consoleHost) || consoleHost === "localhost";
  if (isLoopback(hostIp) && !(local && consoleIsHere)) return { label, href: null, hint: `${inside}, published only on the server itself` };

  const host = local ? consoleHost : everywhere.has(hostIp) ? hostname : hostIp;
  if (!host) return { label, href: null, hint: inside };
  const scheme = hostPort === 443 || containerPort === 443 || containerPort === 8443 ? "https" : "http";
  const shown = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return { label, href: `${scheme}://${shown}:${hostPort}`, hint: `${inside}, at ${shown}:${hostPort}` };
}
