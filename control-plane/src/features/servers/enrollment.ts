import type { Enrollment } from "@appos/shared/servers";

export const ENROLLMENT_MS = 15 * 60_000;

/** The command that makes a machine this server. The token travels by environment: a process list shows nothing of it. */
export function installCommand({ url, token, controlPlaneId }: { url: string; token: string; controlPlaneId: string }): string {
  return `export APPOS_ENROLLMENT_TOKEN=${token} APPOS_CONTROL_PLANE_ID=${controlPlaneId}; curl -fsSL ${url}/install.sh | sudo -E sh`;
}

/** Why other machines cannot use an address, where that is plain to see. */
export function addressWarning(url: string): string | null {
  const { protocol, hostname } = new URL(url);
  const loopback = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
  if (loopback)
    return `${url} leads back to the machine that asks, so only this machine can use this command. Give the console an address under Settings; or put AppOS behind a proxy of yours, and set APPOS_PUBLIC_URL to the address that your servers can reach.`;
  if (protocol !== "https:")
    return `${url} is not encrypted, and agents refuse it. Give the console an address under Settings; or put AppOS behind a proxy of yours with HTTPS, and set APPOS_PUBLIC_URL to that address.`;
  return null;
}

export const enrollmentOf = (token: string, expiresAt: number, url: string, controlPlaneId: string): Enrollment => ({
  token,
  command: installCommand({ url, token, controlPlaneId }),
  expiresAt,
  warning: addressWarning(url),
});
