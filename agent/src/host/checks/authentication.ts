import { ControlFrame } from "@appos/shared/agent-link";
import { handshake } from "../../handshake.ts";
import type { Identity } from "../../settings.ts";
import { agentVersion } from "../../version.ts";
import { controlPlaneUrl } from "../outbound.ts";
import { readStatus } from "../status-file.ts";
import { type Check, type Finding, broken, fine } from "./check.ts";
import { tryLink } from "./socket.ts";

/** The running agent is asked about its own proof: another proof would close the link it has. What can be tried beside it is the control plane's. */
export const authentication: Check = {
  name: "Authentication",
  async look({ identity, settings, env }) {
    if (!identity) return undefined;
    const status = readStatus(settings.files.status);
    if (status?.link.state === "up") return fine(`both ends have proved who they are, at ${new Date(status.link.since).toISOString()}`);
    const genuine = await controlPlaneProvesItself(identity, env);
    if (!genuine.ok) return genuine;
    if (!status) return broken(`${genuine.found}; the agent is not running`, "Start it: appos-agent service start.");
    return broken(
      `${genuine.found}, but the link is not up: ${status.link.lastError ?? "still connecting"}`,
      "Look at the agent's log, and whether this server is still in the console.",
    );
  },
};

async function controlPlaneProvesItself(identity: Identity, env: NodeJS.ProcessEnv): Promise<Finding> {
  const { hello, prove, newAddress } = handshake(identity, agentVersion);
  const attempt = await tryLink(controlPlaneUrl(identity.url), identity, env, JSON.stringify(hello));
  if (!attempt.opened && attempt.status === 403)
    return broken("the control plane does not know this server", "It was removed in the console. Add it again and enroll with --replace.");
  if (!attempt.opened) return broken(attempt.why, "See the checks above.");
  const frame = ControlFrame.safeParse(attempt.reply).data;
  if (frame?.type === "moved")
    return broken(
      `the control plane has moved to ${await newAddress(frame)}`,
      "The running agent goes there, and stays once it was let in: appos-agent status.",
    );
  if (frame?.type !== "challenge")
    return broken("what answered speaks another protocol", "Use an agent and a control plane of the same version.");
  await prove(frame);
  return fine("the control plane has proved its key");
}
