import { readFile, stat } from "node:fs/promises";
import { defaultPolicy } from "@appos/shared/policy";
import { policyTextIn } from "../machine/policy-text.ts";
import { parsePolicy } from "../policy-file.ts";
import { policyInForce } from "../policy-in-force.ts";
import { policyChanges, policyLines, policyRules } from "../policy-words.ts";
import { type Settings, settingsFrom } from "../settings.ts";
import { columns } from "./columns.ts";
import { writeDurably } from "./durable-file.ts";
import { editPolicy } from "./policy-edit.ts";
import { Refusal } from "./refusal.ts";
import type { Terminal, Verb } from "./verb.ts";

const steps: Record<string, (settings: Settings, words: string[], terminal: Terminal) => Promise<number>> = {
  check,
  show,
  allow: (settings, words, terminal) => edit("allow", settings, words, terminal),
  deny: (settings, words, terminal) => edit("deny", settings, words, terminal),
};

export const policyVerb: Verb = {
  summary: "Check, show or change what this server allows its control plane. Rules take effect at once.",
  usage: "check [FILE] | show | allow RULE [VALUE] | deny RULE [VALUE]",
  words: true,
  async run({ words: [name = "", ...words], env, terminal }) {
    const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
    if (!step) throw new Refusal("Say one of: appos-agent policy check, show, allow, deny.");
    return step(settingsFrom(env), words, terminal);
  },
};

/** Every fault, as editors and people read it: file, line, column, sentence. */
async function check({ files }: Settings, [given, ...more]: string[], terminal: Terminal) {
  if (more.length > 0) throw new Refusal("Check one file at a time.");
  const path = given ?? files.policy;
  const text = await (given === undefined ? policyTextIn(path) : readFile(path, "utf8")).catch((error: Error) => {
    throw new Refusal(`${path} cannot be used: ${error.message}`);
  });
  if (text === undefined) {
    terminal.say(`There is no ${path}: only what is safe is allowed.`);
    return 0;
  }
  const read = parsePolicy(text);
  if ("policy" in read) {
    terminal.say(`${path} is fine.`);
    return 0;
  }
  for (const { line, column, message } of read.problems) terminal.say(`${path}:${line}:${column}: ${message}`);
  return 1;
}

async function show({ files }: Settings, words: string[], terminal: Terminal) {
  if (words.length > 0) throw new Refusal("Say just: appos-agent policy show.");
  const { problem, ...policy } = await policyInForce({ policyText: () => policyTextIn(files.policy) });
  if (problem !== null) {
    terminal.complain(`${files.policy} cannot be used, so this server takes on no job and opens no terminal.`);
    terminal.complain(problem);
    return 1;
  }
  terminal.say((await exists(files.policy)) ? `What ${files.policy} says:` : `There is no ${files.policy}: only what is safe is allowed.`);
  for (const line of columns([
    ["RULE", "NOW", "IN THE FILE", "ABOUT"],
    ...policyLines(policy).map(([rule, now, about, at]) => [rule, now, at, about]),
  ]))
    terminal.say(line);
  return 0;
}

async function edit(verb: "allow" | "deny", { files, dirs }: Settings, [rule, value, ...more]: string[], terminal: Terminal) {
  if (rule === undefined || more.length > 0)
    throw new Refusal(`Say what: appos-agent policy ${verb} RULE [VALUE]. Rules are: ${Object.keys(policyRules).join(", ")}.`);
  await mayChange(dirs.etc);
  const text = await policyTextIn(files.policy).catch((error: Error) => {
    throw new Refusal(error.message);
  });
  const edited = editPolicy(text ?? "", { verb, rule, value });
  if (edited === (text ?? "")) {
    terminal.say("Nothing changes: it is so already.");
    return 0;
  }
  await writeDurably(files.policy, edited);
  const { problem: _, ...policy } = await policyInForce({ policyText: () => policyTextIn(files.policy) });
  const now = policyLines(policy).find(([name]) => name === rule)!;
  terminal.say(`${rule} is now: ${now[1]} (${now[2]}). It holds from now on, and stands in ${files.policy}.`);
  return 0;
}

/** The policy is the owner's word: root's, or of whoever the agent runs as. */
async function mayChange(folder: string) {
  const mine = process.getuid?.();
  const owner = await stat(folder).then(
    ({ uid }) => uid,
    () => undefined,
  );
  if (mine !== 0 && mine !== owner) throw new Refusal("Only root may change this server's policy. Run this with sudo.");
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The policy in a line, for `status` and `doctor`. */
export async function policySummary({ files }: Pick<Settings, "files">): Promise<{ problem: string | null; text: string }> {
  const { problem, ...policy } = await policyInForce({ policyText: () => policyTextIn(files.policy) });
  if (problem !== null) return { problem, text: `${files.policy} cannot be used, so nothing is allowed: ${problem}` };
  const changes = policyChanges(policy, defaultPolicy);
  return { problem, text: changes.length === 0 ? "only what is safe is allowed" : changes.join("; ") };
}
