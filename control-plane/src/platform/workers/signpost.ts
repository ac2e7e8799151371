import { AGENT_PATH, closeCodes, HANDSHAKE_MS, SUBPROTOCOL } from "@appos/shared/agent-link";
import { z } from "zod";
import { type Signpost, signpost } from "../../signpost.ts";
import { MasterKey, misfits, NewAddress, optional } from "../environment.ts";
import { type Env, Misfit } from "./env.ts";

const Variables = z.object({ APPOS_MOVED_TO: optional(NewAddress), APPOS_SECRET_KEY: MasterKey });
/** An agent that was told goes by itself. */
const LEAVE_MS = 2_000;

/** What stands here once AppOS has moved; undefined where it is here. */
export function signpostOf(env: Env): Signpost | undefined {
  if (!env["APPOS_MOVED_TO"]) return undefined;
  const { data, error } = Variables.safeParse({ APPOS_SECRET_KEY: "", ...env });
  if (error) throw new Misfit(misfits(error));
  return signpost(data.APPOS_SECRET_KEY, data.APPOS_MOVED_TO!);
}

/** Sends on whoever comes to an address where AppOS was. */
export function sendOn({ answer, direct, reason }: Signpost, request: Request): Response {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return answer(request);
  const protocols = request.headers.get("sec-websocket-protocol") ?? "";
  const isAgent = new URL(request.url).pathname === AGENT_PATH && protocols.split(",").some((name) => name.trim() === SUBPROTOCOL);
  if (!isAgent) return new Response(null, { status: 410 });
  const { 0: theirs, 1: ours } = new WebSocketPair();
  ours.accept();
  const late = setTimeout(() => ours.close(closeCodes.unproven, "The agent did not say hello in time"), HANDSHAKE_MS);
  ours.addEventListener(
    "message",
    ({ data }) => {
      clearTimeout(late);
      void direct(String(data)).then(
        (directions) => {
          if (!directions) return ours.close(closeCodes.malformed, "This is no hello");
          ours.send(directions.frame);
          setTimeout(() => ours.close(closeCodes.moved, reason), LEAVE_MS);
        },
        () => ours.close(closeCodes.malformed, "This could not be read"),
      );
    },
    { once: true },
  );
  return new Response(null, { status: 101, webSocket: theirs, headers: { "sec-websocket-protocol": SUBPROTOCOL } });
}
