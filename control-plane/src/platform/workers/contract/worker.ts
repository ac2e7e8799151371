import { errorText } from "../../../errors.ts";
import { portsContract } from "../../ports.contract.ts";
import { portsOf } from "../control-plane.ts";
import type { Env } from "../env.ts";
import { objectRooms } from "../rooms.ts";

export { EventHub } from "../event-hub.ts";
export { ServerRoom } from "../server-room.ts";

/** Keeps one promise of the contract with the ports as workerd has them, or says why it cannot. */
export default {
  async fetch(request, env): Promise<Response> {
    const sentence = decodeURIComponent(new URL(request.url).pathname.slice(1));
    await env.AGENTS!.put("appos-agent-linux-x64.tar.gz", "the agent");
    try {
      await portsContract[sentence]!(portsOf(env, objectRooms(env.ROOMS)));
      return new Response("kept");
    } catch (error) {
      return new Response(errorText(error), { status: 500 });
    }
  },
} satisfies ExportedHandler<Env>;
