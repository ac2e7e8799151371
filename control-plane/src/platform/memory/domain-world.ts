import type { Reply } from "../asker.ts";
import { world as serverWorld } from "./terminal-world.ts";

export const compose = "services:\n  web:\n    image: nginx:1.29\n  api:\n    image: api:1\n";
const source = { type: "compose", compose };

/** A control plane with a server in the hands of a test, and the app `blog` on it. */
export async function world(policy?: object) {
  const it = await serverWorld(policy);
  const app = async (name: string, serverId = it.serverId, projectId?: string) =>
    (await it.admin("/api/v1/apps", { json: { name, serverId, projectId, source } })).data as {
      app: { id: string };
      deployment: { jobId: string };
    };
  const blog = await app("blog");
  const add = (domain: string, more: object = {}, who = it.admin): Promise<Reply> =>
    who("/api/v1/domains", { json: { domain, app: "blog", service: "web", port: 80, ...more } });
  const list = async (query = "", who = it.admin) => (await who(`/api/v1/domains${query}`)).data.items;
  const one = async (id: string) => (await it.admin(`/api/v1/domains/${id}`)).data;

  type Agent = Awaited<ReturnType<typeof it.connect>>;
  const offers = (agent: Agent) => agent.heard("offer").filter(({ kind }) => kind === "apply-sites");
  /** What the server was told last. */
  const model = (agent: Agent) => offers(agent).at(-1)!.input as { acme: object; sites: { name: string; alias: string | null }[] };
  /** The agent ends the deployments that keep its lanes busy. */
  async function deploys(agent: Agent) {
    for (const { jobId } of agent.heard("offer").filter(({ kind }) => kind === "deploy-app")) {
      await agent.says({ type: "accepted", jobId });
      await agent.says({ type: "finished", jobId, lastSeq: 0, outcome: "failed", error: { code: "INTERNAL", message: "x" } });
    }
  }
  /** The agent ends the job that it was offered last. */
  async function ends(agent: Agent, ending: object) {
    const jobId = offers(agent).at(-1)!["jobId"] as string;
    await agent.says({ type: "accepted", jobId });
    await agent.says({ type: "finished", jobId, lastSeq: 0, ...ending });
    return jobId;
  }
  const applies = (agent: Agent, sites: object[] = []) => ends(agent, { outcome: "succeeded", result: { sites } });
  const refuses = (agent: Agent, message: string) => ends(agent, { outcome: "failed", error: { code: "PROXY_REFUSED", message } });
  return { ...it, blog, app, add, list, one, offers, model, deploys, ends, applies, refuses };
}

export const certificate = { issuer: "Pebble", names: ["blog.example.com"], notBefore: 1, notAfter: 2 };
