import { withImage } from "@appos/shared/compose-image";
import type { SaveConfig } from "@appos/shared/configs";
import type { DeploymentView } from "@appos/shared/deployments";
import type { AdoptDrift } from "@appos/shared/drift";
import { askServer } from "../../ask-server.ts";
import { AppError } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { Actor } from "../activity/service.ts";
import type { AppRow, AppService } from "../apps/service.ts";
import type { ConfigService } from "../configs/service.ts";
import type { DeploymentService } from "../deployments/service.ts";

export type DriftService = ReturnType<typeof driftService>;

/** What runs otherwise than its release says, made the app's own configuration. Putting it right is a roll-back to the live release. */
export function driftService(
  { rooms }: Pick<Ports, "rooms">,
  { configs, apps, deployments }: { configs: ConfigService; apps: AppService; deployments: DeploymentService },
) {
  interface Edited extends Partial<Pick<SaveConfig, "env">> {
    compose: string;
    message: string;
  }
  async function textOf(app: AppRow, asked: AdoptDrift, actor: Actor): Promise<Edited> {
    if (asked.what === "compose") {
      const { compose, env } = await askServer(rooms, app.serverId, "edited-compose", { appId: app.id, name: app.name, by: actor.name });
      return { compose, ...(env && { env }), message: "Taken over from the server, where it was edited" };
    }
    const found = app.drift.find(
      ({ kind, service, adopt }) => kind === "image-replaced" && service === asked.service && adopt?.what === "image",
    );
    if (found?.adopt?.what !== "image") throw gone(app.name);
    const { image } = found.adopt;
    const { compose } = await configs.content(app.id, app.version);
    const changed = withImage(compose, asked.service, image);
    if (changed === undefined)
      throw new AppError(
        "CONFLICT",
        `The compose file of ${app.name} does not name the service ${asked.service} itself. Change its image by hand.`,
      );
    return { compose: changed, message: `Taken over from the server: ${asked.service} runs ${image}` };
  }

  return {
    /** Saves what runs as the next version, and deploys that. */
    async adopt(idOrName: string, asked: AdoptDrift, actor: Actor, key?: string): Promise<DeploymentView> {
      const app = await apps.find(idOrName);
      if (!app.drift.some(({ adopt }) => adopt?.what === asked.what)) throw gone(app.name);
      if (app.liveVersion !== app.version)
        throw new AppError(
          "CONFLICT",
          `Version ${app.version} of ${app.name} is saved and does not run. Deploy it, or save version ${app.liveVersion} again, first.`,
        );
      const edited = await textOf(app, asked, actor);
      const { compose: before } = await configs.content(app.id, app.version);
      if (edited.compose !== before || edited.env) await apps.saveConfig(app.id, { ...edited, basedOn: app.version }, actor, "adopt-drift");
      return deployments.start(app.id, actor, key);
    },
  };
}

const gone = (name: string) => new AppError("CONFLICT", `What runs of ${name} has changed again meanwhile. Look at it, then decide.`);
