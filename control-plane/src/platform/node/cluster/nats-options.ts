import type { ConnectionOptions } from "@nats-io/transport-node";

/** What the addresses say: where, as whom, and whether by TLS. Who is connected once is connected again for ever. */
export function natsOptions(urls: string[], name: string): ConnectionOptions {
  const places = urls.map((url) => new URL(url));
  const first = places.find(({ username }) => username !== "");
  const [user, pass] = [first?.username ?? "", first?.password ?? ""].map(decodeURIComponent) as [string, string];
  return {
    name,
    servers: places.map(({ host }) => host),
    ...(pass !== "" ? { user, pass } : user !== "" ? { token: user } : {}),
    ...(places.some(({ protocol }) => protocol === "tls:") && { tls: {} }),
    noEcho: true,
    noAsyncTraces: true,
    timeout: 5_000,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 1_000,
    pingInterval: 5_000,
    maxPingOut: 2,
  };
}
