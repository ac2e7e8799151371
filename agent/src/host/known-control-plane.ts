import type { ControlPlane } from "../machine/node-machine.ts";
import { readIdentity, requireIdentity, type Settings } from "../settings.ts";
import { askControlPlane } from "./ask-control-plane.ts";
import { controlPlaneUrl } from "./outbound.ts";

/** The control plane at the address that this agent has by now: it may have followed it to another one. */
export function controlPlaneOf(settings: Pick<Settings, "files">): ControlPlane {
  return {
    url() {
      try {
        return readIdentity(settings)?.url;
      } catch {
        // Its next start says what is wrong with it.
        return undefined;
      }
    },
    async answers(limitMs) {
      try {
        const { url, ca } = requireIdentity(settings);
        return (await askControlPlane(controlPlaneUrl(url), { path: "/api/health", ca, limitMs })).status < 500;
      } catch {
        return false;
      }
    },
  };
}
