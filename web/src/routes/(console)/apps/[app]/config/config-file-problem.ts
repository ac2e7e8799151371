import type { ConfigFile } from "@appos/shared/config-files";

/** Why a file cannot be called so; the control plane has the last word. */
export function configFileProblem(path: string, files: readonly ConfigFile[]): string | undefined {
  if (files.some((file) => file.path === path)) return "There is a file of this path.";
  if (!/^[A-Za-z0-9._@+-]+(\/[A-Za-z0-9._@+-]+)*$/.test(path) || path.split("/").some((part) => part === "." || part === ".."))
    return "Use a relative path of letters, digits and . _ @ + -, such as conf/nginx.conf.";
  return undefined;
}
