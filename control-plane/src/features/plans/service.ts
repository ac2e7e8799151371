import type { AskNewPlan, AskPlan, PlanView } from "@appos/shared/plan";
import { askServer } from "../../ask-server.ts";
import { AppError } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { AppRow, AppService } from "../apps/service.ts";
import type { Config, ConfigService } from "../configs/service.ts";
import type { Asking, DomainService } from "../domains/service.ts";
import type { DeploymentService } from "../deployments/service.ts";
import { settingsToStore } from "../env/service.ts";
import type { TemplateService } from "../templates/service.ts";

export type PlanService = ReturnType<typeof planService>;

/** What an app is called by its server while it is not there yet. */
const NOT_YET = "app_0";

/** What deployments would do. The server says so, which alone knows what it has; nothing is kept. */
export function planService(
  { rooms }: Ports,
  configs: ConfigService,
  apps: AppService,
  deployments: DeploymentService,
  templates: TemplateService,
  domains: DomainService,
) {
  /** A version of the app, with what was edited and not saved in its place. */
  async function edited(app: AppRow, { compose, env, files, version }: AskPlan): Promise<Config> {
    const saved = await configs.content(app.id, version ?? app.version);
    const settings = env && (await named(settingsToStore({ saved: env, stored: saved.env, clear: true })));
    return { compose: compose ?? saved.compose, env: settings ?? saved.env, files: files ?? saved.files };
  }

  /** Other apps may be referred to by their names. */
  const named = (settings: Config["env"]) =>
    Promise.all(
      settings.map(async (setting) =>
        setting.from ? { ...setting, from: { ...setting.from, app: (await apps.find(setting.from.app)).id } } : setting,
      ),
    );

  return {
    async of(idOrName: string, asked: AskPlan): Promise<PlanView> {
      const app = await apps.find(idOrName);
      const unsaved = [asked.compose, asked.env, asked.files].some((part) => part !== undefined);
      if (asked.release !== undefined && (unsaved || asked.version !== undefined))
        throw new AppError("INVALID_REQUEST", "A release is what it was: ask for it alone, without compose, env, files or version.");
      const past = asked.release === undefined ? undefined : await deployments.remade(app, asked.release);
      const told = past ?? (await apps.effective(app, await edited(app, asked)));
      configs.check(told);
      const { compose, env, files, joins } = told;
      const found = await askServer(rooms, app.serverId, "plan", {
        appId: app.id,
        name: app.name,
        compose,
        env,
        files,
        joins,
        refresh: asked.refresh ?? [],
      });
      const version = unsaved ? null : (past?.version ?? asked.version ?? app.version);
      return { ...found, version, liveVersion: app.liveVersion };
    },

    async ofNew(
      { name, serverId, projectId, compose = "", template, env = [], files = [], domain }: AskNewPlan,
      asking: Asking,
    ): Promise<PlanView> {
      const server = await deployments.serverFor(serverId);
      const made = template
        ? await templates.fill(template, server.id, domains.ofNewApps.reachedBy(domain))
        : { compose, env: [], files: [], routes: [] };
      if (domain) await domains.ofNewApps.check(domain, { name, server, projectId: projectId ?? null, ...made }, asking);
      const config = { compose: made.compose, env: [...made.env, ...(await named(env))], files: [...made.files, ...files] };
      configs.check(config);
      const told = await apps.effective({ projectId: projectId ?? null, serverId: server.id }, config);
      configs.check(told);
      const found = await askServer(rooms, server.id, "plan", { appId: NOT_YET, name, ...told, refresh: [] });
      return { ...found, version: null, liveVersion: null };
    },
  };
}
