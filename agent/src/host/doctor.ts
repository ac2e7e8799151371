import { settingsFrom } from "../settings.ts";
import { type Check, type Finding } from "./checks/check.ts";
import { checks } from "./checks/index.ts";
import { Refusal } from "./refusal.ts";
import { readIdentity } from "../settings.ts";
import type { Verb } from "./verb.ts";

export const doctor: Verb = {
  summary: "Check everything the agent needs, and say what to do about what is missing",
  async run({ env, terminal }) {
    const settings = settingsFrom(env);
    const identity = readIdentity(settings);
    let ok = true;
    for (const check of checks) {
      const finding = await checked(check, { settings, identity, env });
      if (!finding) continue;
      ok &&= finding.ok;
      terminal.say(`${finding.ok ? "ok  " : "FAIL"}  ${check.name.padEnd(15)} ${finding.found}`);
      if (finding.remedy) terminal.say(`${" ".repeat(22)}${finding.remedy}`);
    }
    return ok ? 0 : 1;
  },
};

async function checked({ look }: Check, context: Parameters<Check["look"]>[0]): Promise<Finding | undefined> {
  try {
    return await look(context);
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, found: error.message };
    return { ok: false, found: error instanceof Error ? error.message : String(error) };
  }
}
