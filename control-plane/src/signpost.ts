import { AgentFrame, movedText } from "@appos/shared/agent-link";
import { type ErrorCode, errorStatus } from "@appos/shared/errors";
import type { Failure } from "@appos/shared/envelope";
import { randomText } from "./bytes.ts";
import { identity } from "./identity.ts";

export type Signpost = ReturnType<typeof signpost>;

const MOVED: ErrorCode = "MOVED";

/** What stands where a control plane was: it sends people and agents to where that is now. It knows its master key, and nothing else. */
export function signpost(master: Uint8Array, to: string) {
  const self = identity(master);
  return {
    to,
    /** Pages are shown there; what is asked of the API is refused, and says where to ask. */
    answer(request: Request): Response {
      const { pathname, search } = new URL(request.url);
      const headers = { "cache-control": "no-store" };
      if (request.method === "GET" || request.method === "HEAD")
        return new Response(null, { status: 307, headers: { ...headers, location: `${to}${pathname}${search}` } });
      const status = errorStatus[MOVED];
      const body: Failure = { success: false, code: status, message: `AppOS has moved to ${to}. Ask there.`, error: { code: MOVED } };
      return Response.json(body, { status, headers });
    },
    /** What an agent that says hello is told, signed for this hello alone; undefined where this is none. */
    async direct(hello: string): Promise<{ serverId: string; frame: string } | undefined> {
      const { data: said } = AgentFrame.safeParse(hello);
      if (said?.type !== "hello") return undefined;
      const { id: controlPlaneId, sign } = await self;
      const nonce = randomText(32);
      const { serverId, nonce: agentNonce } = said;
      const signature = await sign(movedText({ agentNonce, nonce, controlPlaneId, serverId, url: to }));
      return { serverId, frame: JSON.stringify({ type: "moved", url: to, nonce, signature }) };
    },
    /** Why an agent's socket is closed, for one that is too old to understand. */
    reason: `The control plane has moved to ${to}`.slice(0, 120),
  };
}
