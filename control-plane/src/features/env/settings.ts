import type { EnvSetting, EnvSettingView, SavedSettings } from "@appos/shared/env";
import { AppError } from "../../errors.ts";

interface Overwrite {
  saved: SavedSettings;
  stored: readonly EnvSetting[];
  /** Nothing may take the place of everything. */
  clear: boolean;
}

/** What is to be stored: a secret that came back without its value keeps the one it had. */
export function settingsToStore({ saved, stored, clear }: Overwrite): EnvSetting[] {
  if (saved.length === 0 && stored.length > 0 && !clear) {
    const count = stored.length === 1 ? "the one variable" : `all ${stored.length} variables`;
    throw new AppError("CONFIRMATION_NEEDED", `This would remove ${count}. If that is meant, ask for it with clear: true.`);
  }
  const before = new Map(stored.map((setting) => [setting.key, setting]));
  return saved.map(({ key, value, secret, from }, i) => {
    if (from) return { key, value: "", secret, from };
    if (value !== null) return { key, value, secret };
    const kept = before.get(key);
    if (kept?.secret && !kept.from && secret) return { key, value: kept.value, secret };
    const message = kept?.secret
      ? `${key} is a secret: to make it a plain variable, give its value.`
      : `${key} has no value. Only a secret that is there already keeps its value when none is given.`;
    throw new AppError("INVALID_REQUEST", message, [{ path: `env.${i}.value`, message }]);
  });
}

/** As people may see them: a secret's value is left out. */
export const settingsView = (settings: readonly EnvSetting[], nameOf: (app: string) => string | null = () => null): EnvSettingView[] =>
  settings.map(({ key, value, secret, from }) => ({
    key,
    value: secret || from ? null : value,
    secret,
    ...(from && { from: { ...from, appName: nameOf(from.app) } }),
  }));

/** The secrets of these names, or all of them, with their values. */
export const revealed = (settings: readonly EnvSetting[], keys: readonly string[] | undefined) =>
  settings.flatMap(({ key, value, secret, from }) =>
    secret && !from && (keys === undefined || keys.includes(key)) ? [{ key, value }] : [],
  );
