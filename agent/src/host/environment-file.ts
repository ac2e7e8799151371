import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** What the install command passed on for every later run: proxy, log level, DOCKER_HOST. What is set already stays. */
export const passedOn = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "DOCKER_HOST", "APPOS_LOG", "APPOS_LOG_LEVEL"];

export function loadEnvironmentFile(path: string, env: NodeJS.ProcessEnv) {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return;
  }
  for (const [name, value] of Object.entries(parseEnv(text))) env[name] ??= value;
}

/** The lines of such a file. systemd reads it as well as we do. */
export const environmentFile = (env: NodeJS.ProcessEnv) =>
  passedOn
    .filter((name) => env[name])
    .map((name) => `${name}="${env[name]!.replace(/["\\\n]/g, "")}"\n`)
    .join("");
