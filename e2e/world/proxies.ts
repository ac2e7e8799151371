import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { docker } from "./docker.ts";
import { port as freePort } from "./places.ts";

/** What `npm test` has built, for there is no registry to pull it from. */
const [CADDY, NGINX] = ["appos-test/caddy:2.11.2", "appos-test/nginx:1.22"];

export type Proxy = Awaited<ReturnType<typeof proxyPorts>>;

/** What an agent has to be told so that its proxy listens on ports of the story, and is started from an image that is here. */
export async function proxyPorts() {
  const [http, https] = [await freePort(), await freePort()];
  const env = { APPOS_PROXY_PORTS: `${http}:${https}`, APPOS_PROXY_IMAGES: JSON.stringify({ caddy: CADDY, nginx: NGINX }) };
  return { http, https, env, project: `appos_proxy_${http}` };
}

/** Its container, and the volume with its keys. */
export async function removeProxy({ project }: Proxy) {
  const labelled = `label=com.docker.compose.project=${project}`;
  const ids = async (...args: string[]) => (await docker(...args, "-q", "--filter", labelled)).split("\n").filter(Boolean);
  const containers = await ids("ps", "-a");
  if (containers.length > 0) await docker("rm", "-fv", ...containers);
  for (const kind of ["network", "volume"]) {
    const left = await ids(kind, "ls");
    if (left.length > 0) await docker(kind, "rm", ...left);
  }
}

export interface Answer {
  status: number;
  location: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** What somebody gets who opens a site, with a DNS that says it is this machine; undefined where nothing answers, or not as `ca` promises. */
export function visit(
  name: string,
  { port, path = "/", ca, headers = {} }: { port: number; path?: string; ca?: string; headers?: Record<string, string> },
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, path, headers: { host: name, ...headers }, signal: AbortSignal.timeout(5_000) };
    const asked = ca === undefined ? overHttp(options) : overHttps({ ...options, servername: name, ca, agent: false });
    asked.on("error", () => resolve(undefined));
    asked.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (text += chunk));
      answer.on("error", () => resolve(undefined));
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, location: answer.headers.location, headers: answer.headers, text: text.trim() }),
      );
    });
    asked.end();
  });
}
