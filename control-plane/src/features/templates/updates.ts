import type { ConfigVersion } from "@appos/shared/configs";
import type { TemplateUpdateView, UpdateFromTemplate } from "@appos/shared/template-updates";
import { AppError } from "../../errors.ts";
import type { Actor } from "../activity/service.ts";
import type { AppRow, AppService } from "../apps/service.ts";
import type { Config, ConfigService } from "../configs/service.ts";
import { checkValues, envOf, filesOf, valuesOf } from "./fill-in.ts";
import { mergedFiles } from "./merged-files.ts";
import type { TemplateService } from "./service.ts";

/** Brings apps to newer versions of the templates they were made from: their secrets and values stay, and what was changed by hand is not lost. */
export function templateUpdateService(templates: TemplateService, apps: AppService, configs: ConfigService) {
  /** Of an app, what it is, what its template gave it once, and what the template is now. */
  async function standing(idOrName: string) {
    const app = await apps.find(idOrName);
    const { templateId, templateVersion } = app;
    if (templateId === null || templateVersion === null) throw new AppError("CONFLICT", `${app.name} was not made from a template.`);
    const template = templates.usable(await templates.find(templateId));
    if (template.version === templateVersion)
      throw new AppError("CONFLICT", `${app.name} has version ${templateVersion} of ${template.name}, which is the newest there is.`);
    const mine = await configs.content(app.id, app.version);
    const given = await asGiven(app);
    const known = new Set(mine.env.map(({ key }) => key));
    return {
      app,
      template,
      from: templateVersion,
      mine,
      given,
      edited: given?.compose !== mine.compose,
      asked: template.inputs.filter(({ key }) => !known.has(key)),
    };
  }

  /** What the template gave, word for word; undefined where no version holds it. */
  const asGiven = async ({ id, templateBase }: AppRow): Promise<Config | undefined> =>
    templateBase === null ? undefined : configs.content(id, templateBase);

  /** A value for everything: what the app has, then what is new. */
  async function filled({ app, mine, asked }: Awaited<ReturnType<typeof standing>>, inputs: Record<string, string>) {
    const given = new Map(Object.entries(inputs));
    const had = new Map(mine.env.map(({ key, value }) => [key, value]));
    const made = await valuesOf(asked, new Map([...had, ...given]), await templates.circumstances(app.serverId, undefined));
    return { given, made, all: new Map([...had, ...made]) };
  }

  return {
    async view(idOrName: string): Promise<TemplateUpdateView> {
      const now = await standing(idOrName);
      const { app, template, from, mine, given, edited, asked } = now;
      const { made, all } = await filled(now, {});
      const { changes } = mergedFiles(mine.files, given?.files, filesOf(template.files, all));
      const open = asked.filter(({ hidden }) => !hidden);
      const shown = open.filter(({ secret, generator }) => !secret && generator).map(({ key }) => [key, made.get(key) ?? ""]);
      return {
        from,
        to: template.version,
        edited,
        version: app.version,
        mine: mine.compose,
        theirs: template.compose,
        files: changes,
        inputs: open,
        suggested: Object.fromEntries(shown),
        notes: template.notes ?? null,
      };
    },

    /** The next config version of the app. It is deployed when somebody has seen its plan. */
    async save(idOrName: string, { inputs, compose, basedOn }: UpdateFromTemplate, actor: Actor): Promise<ConfigVersion> {
      const now = await standing(idOrName);
      const { app, template, from, mine, given: before, edited, asked } = now;
      if (edited && compose === undefined)
        throw new AppError(
          "CONFLICT",
          `The compose file of ${app.name} was changed by hand since it came from the template. Compare the two and say what is to be saved.`,
          [{ path: "compose", message: "Send the text that is to be saved." }],
        );
      const { given, made, all } = await filled(now, inputs);
      checkValues(asked, given, made);
      const { files } = mergedFiles(mine.files, before?.files, filesOf(template.files, all));
      const kept = mine.env.map(({ value, ...setting }) => ({ ...setting, value: setting.secret ? null : value }));
      const next = {
        compose: compose ?? template.compose,
        files,
        env: [...kept, ...envOf(asked, made)],
        message: `${template.name} ${template.version}, before ${from}`.slice(0, 200),
        basedOn: basedOn ?? app.version,
        template: { version: template.version, whole: compose === undefined || compose === template.compose },
      };
      return apps.saveConfig(app.id, next, actor, "update-from-template");
    },
  };
}
