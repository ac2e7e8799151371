// Some thousands of sockets in a program of their own: light agents, or bare sockets that only keep themselves open.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { AGENT_PATH, type ControlFrame, SUBPROTOCOL } from "@appos/shared/agent-link";
import type { CrowdNews, CrowdOrder } from "./crowd.ts";
import { keepSocket } from "./kept-socket.ts";
import { lightAgent } from "./light-agent.ts";

const SAMPLE_MS = 10_000;
const NEWS_MS = 50;

const news: CrowdNews = { linked: 0, lastAt: 0, opens: 0, jobs: 0 };
let isNews = false;
setInterval(() => {
  if (isNews) process.send!(news);
  isNews = false;
}, NEWS_MS);

function count(what: "linked" | "opens" | "jobs", change: number) {
  news[what] += change;
  if (what === "linked") news.lastAt = performance.timeOrigin + performance.now();
  isNews = true;
}

process.once("message", ({ url, servers, keys, withinMs }: CrowdOrder) => {
  const trusted = keys && {
    controlPlaneId: keys.controlPlaneId,
    controlPlaneKey: createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: keys.controlPlaneKey }, format: "jwk" }),
    privateKey: createPrivateKey({ key: Buffer.from(keys.privateKey, "base64url"), format: "der", type: "pkcs8" }),
  };
  for (const serverId of servers) {
    const agent = trusted && lightAgent(serverId, trusted, () => count("jobs", 1));
    let sampling: NodeJS.Timeout | undefined;
    keepSocket({
      address: agent ? `${url}${AGENT_PATH}?server=${serverId}` : url,
      protocols: agent ? [SUBPROTOCOL] : [],
      afterMs: Math.random() * withinMs,
      opened(send, up) {
        count("opens", 1);
        const linked = () => {
          up();
          count("linked", 1);
        };
        if (!agent) return (linked(), () => {});
        const say = (frame: unknown) => send(JSON.stringify(frame));
        const hear = agent.converse(say, () => {
          sampling = setInterval(() => say(agent.sample()), SAMPLE_MS);
          linked();
        });
        // Not held against its schema: this end is to cost as little as it can.
        return (text) => hear(JSON.parse(text) as ControlFrame);
      },
      down(why) {
        clearInterval(sampling);
        agent?.lost(why);
        count("linked", -1);
      },
    });
  }
});
