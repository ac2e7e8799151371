import { ProxyModel } from "@appos/shared/sites";
import type { Machine } from "../machine/machine.ts";
import { modelFile } from "./proxy-folder.ts";
import { jsonOf } from "../json.ts";

/** What the proxy serves, as it was last asked for; undefined where there is none, or one that this agent cannot read. */
export async function proxyModel({ folder, files }: Pick<Machine, "folder" | "files">): Promise<ProxyModel | undefined> {
  const text = await files.read(modelFile({ folder }));
  return text === undefined ? undefined : ProxyModel.safeParse(jsonOf(text)).data;
}
