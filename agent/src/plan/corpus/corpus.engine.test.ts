import { afterAll, expect, test } from "vitest";
import { writeFileSync } from "node:fs";
import { type PlanRule, planRules } from "@appos/shared/plan";
import { corpusWorld } from "../../machine/corpus-world.ts";
import { type CorpusCase, readCorpus } from "../../machine/read-corpus.ts";

const AT_ONCE = 3;
const breaking = readCorpus(`${import.meta.dirname}/breaking`);
const harmless = readCorpus(`${import.meta.dirname}/harmless`);
const world = await corpusWorld();
afterAll(world.end);

const tally = new Map<string, { expected: number; found: number; missed: number; false: number }>();
const ruleOf = (id: string) => id.split(":")[0]!;

function count(expected: string[], found: string[]) {
  for (const id of new Set([...expected, ...found])) {
    const row = tally.get(ruleOf(id)) ?? { expected: 0, found: 0, missed: 0, false: 0 };
    tally.set(ruleOf(id), row);
    if (expected.includes(id)) row.expected++;
    if (!expected.includes(id)) row.false++;
    else if (found.includes(id)) row.found++;
    else row.missed++;
  }
}

/** What is wrong with what the plan says of a case; undefined where nothing is. */
async function wrong(its: CorpusCase, name: string) {
  const plan = await world.plan(its, name).catch((error: Error) => error);
  if (plan instanceof Error) return { file: its.file, case: its.case, failed: plan.message, ...("lines" in plan && { lines: plan.lines }) };
  const found = plan.dangers
    .filter(({ level }) => level !== "note")
    .map(({ id }) => id.replaceAll(`appos-${name}_`, "app_").replaceAll(world.apps, "APPS"));
  count(its.expect, found);
  const [missed, wrongly] = [its.expect.filter((id) => !found.includes(id)), found.filter((id) => !its.expect.includes(id))];
  return missed.length + wrongly.length > 0 ? { file: its.file, case: its.case, missed, false: wrongly } : undefined;
}

async function judged(cases: CorpusCase[], prefix: string) {
  const faults: unknown[] = [];
  const numbered = cases.map((its, i) => ({ its, name: `${prefix}${i + 1}` }));
  // Where all addresses are taken nobody else can begin anything; and an image of the same name may be another one.
  const isApart = ({ its }: (typeof numbered)[number]) => its.addressesGone || Object.keys(its.images).length > 0;
  const alone = numbered.filter(isApart);
  const rest = numbered.filter((each) => !isApart(each));
  const next = async () => {
    for (let one = rest.shift(); one; one = rest.shift()) faults.push(await wrong(one.its, one.name));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  for (const { its, name } of alone) faults.push(await wrong(its, name));
  return faults.filter((fault) => fault !== undefined);
}

test("each of the breaking compose files breaks in the way that the plan says, and in no other", async () => {
  expect(breaking.length).toBeGreaterThanOrEqual(60);
  expect(await judged(breaking, "b")).toEqual([]);
});

test("of the harmless ones, nothing is said that anybody would have to act on", async () => {
  expect(harmless.length).toBeGreaterThanOrEqual(60);
  expect(harmless.flatMap(({ expect: ids }) => ids)).toEqual([]);
  expect(await judged(harmless, "h")).toEqual([]);
});

test("every rule that stops or warns is in the corpus, but for the one about scripts of templates", () => {
  const rules = Object.entries(planRules).flatMap(([rule, { level }]) =>
    level === "note" || rule === "shell-hook" ? [] : [rule as PlanRule],
  );
  const lines = rules.map((rule) => ({ rule, ...tally.get(rule) }));
  const table = [
    "| rule | expected | found | missed | false |",
    "|---|---|---|---|---|",
    ...lines.map(({ rule, expected, found, missed, false: wrongly }) => `| ${rule} | ${expected} | ${found} | ${missed} | ${wrongly} |`),
    `\n${breaking.length} breaking, ${harmless.length} harmless.\n`,
  ].join("\n");
  process.stdout.write(`\n${table}\n`);
  if (process.env["APPOS_CORPUS_TABLE"]) writeFileSync(process.env["APPOS_CORPUS_TABLE"], table);
  expect(lines.filter(({ expected }) => !expected).map(({ rule }) => rule)).toEqual([]);
});
