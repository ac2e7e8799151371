import type { ConfigFile } from "@appos/shared/config-files";
import type { ConfigComparison } from "@appos/shared/configs";
import type { EnvSetting } from "@appos/shared/env";
import { fromBase64Url, utf8 } from "../../bytes.ts";

export const fileBytes = ({ content, encoding }: ConfigFile) => (encoding === "base64" ? fromBase64Url(content) : utf8(content)).length;

/** What became of each variable, in order of their names; that a secret changed is told, but not how. */
export function comparedEnv(
  was: readonly EnvSetting[],
  is: readonly EnvSetting[],
  names: ReadonlyMap<string, string>,
): ConfigComparison["env"] {
  const shown = (setting: EnvSetting | undefined) => (setting ? words(setting, names) : null);
  return pairs(was, is, ({ key }) => key).flatMap(([key, before, after]) => {
    if (before && after && sameSetting(before, after)) return [];
    const hidden = (setting: EnvSetting | undefined) => (setting?.secret && !setting.from ? null : shown(setting));
    const secret = (before?.secret || after?.secret) ?? false;
    return [{ key, change: changeOf(before, after), secret, before: hidden(before), after: hidden(after) }];
  });
}

export function comparedFiles(was: readonly ConfigFile[], is: readonly ConfigFile[]): ConfigComparison["files"] {
  return pairs(was, is, ({ path }) => path).flatMap(([path, before, after]) => {
    const same =
      before && after && before.content === after.content && before.encoding === after.encoding && before.executable === after.executable;
    return same ? [] : [{ path, change: changeOf(before, after), before: textOf(before), after: textOf(after) }];
  });
}

function pairs<T>(was: readonly T[], is: readonly T[], nameOf: (item: T) => string): [name: string, T | undefined, T | undefined][] {
  const [before, after] = [new Map(was.map((item) => [nameOf(item), item])), new Map(is.map((item) => [nameOf(item), item]))];
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return names.map((name) => [name, before.get(name), after.get(name)]);
}

const changeOf = (before: unknown, after: unknown) => (!before ? "added" : !after ? "removed" : "changed");
const sameSetting = (a: EnvSetting, b: EnvSetting) =>
  a.value === b.value && a.secret === b.secret && JSON.stringify(a.from) === JSON.stringify(b.from);
function words({ value, from }: EnvSetting, names: ReadonlyMap<string, string>): string {
  if (!from) return value;
  const app = names.get(from.app) ?? "an app that is gone";
  return "key" in from ? `${from.key} of ${app}` : `address of ${from.service} of ${app}`;
}
const textOf = (file: ConfigFile | undefined) => (file && file.encoding === "text" ? file.content : null);
