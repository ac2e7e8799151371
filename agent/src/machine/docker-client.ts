import { Agent } from "node:http";
import { inspect } from "node:util";
import Docker from "dockerode";

const DEFAULT_SOCKET = "/var/run/docker.sock";
/** No answer for so long is no engine. */
export const ANSWER_MS = 20_000;

/** A client for the engine that `DOCKER_HOST` names, or for this server's own. */
export function dockerClient(host: string | undefined) {
  const address = engineAddress(host);
  // An engine that is going away still answers on the connections it has: a new one each time shows that it goes.
  const agent = new Agent({ keepAlive: false });
  // The client writes out for a log that nobody keeps, at each request, all that it was given: every open connection, were it for this one.
  Object.assign(agent, { [inspect.custom]: () => "Agent" });
  const options = { protocol: "http" as const, ...address, agent };
  return new Docker(options);
}

/** Where it listens. */
export function engineAddress(host: string | undefined): { socketPath: string } | { host: string; port: number } {
  const url = new URL(host || `unix://${DEFAULT_SOCKET}`);
  if (url.protocol === "unix:") return { socketPath: url.pathname };
  if (url.protocol === "tcp:" || url.protocol === "http:") return { host: url.hostname, port: Number(url.port || 2375) };
  throw new Error(`DOCKER_HOST is ${host}. AppOS reaches Docker by unix:// or tcp:// only.`);
}

/** What the engine said when it answered, but not as hoped. */
export const statusOf = (error: unknown) => (error as { statusCode?: number } | null)?.statusCode;

/** A long answer, as it comes. */
export function openStream(docker: Docker, path: string, query: Record<string, string>, signal: AbortSignal) {
  return new Promise<NodeJS.ReadableStream & { destroy(): void }>((resolve, reject) => {
    const options = {
      // The client wants the question mark, and the query beside it.
      path: `${path}?`,
      options: query,
      method: "GET",
      isStream: true,
      abortSignal: signal,
      statusCodes: { 200: true, 404: "no such container", 409: "container is going away", 500: "server error" },
    };
    docker.modem.dial(options, (error, stream) => (error ? reject(error) : resolve(stream as NodeJS.ReadableStream & { destroy(): void })));
  });
}

/** The answer, unless the engine takes too long over it. */
export function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(ANSWER_MS);
  return Promise.race([
    answer,
    new Promise<never>((_, reject) => late.addEventListener("abort", () => reject(late.reason), { once: true })),
  ]);
}

/** Rejects where no engine answers. */
export function pingEngine(docker: Docker) {
  return new Promise<void>((resolve, reject) => {
    const options = {
      path: "/_ping",
      method: "GET",
      abortSignal: AbortSignal.timeout(ANSWER_MS),
      statusCodes: { 200: true, 500: "server error" },
    };
    docker.modem.dial(options, (error) => (error ? reject(error) : resolve()));
  });
}
