import { UptimeSum } from "@appos/shared/uptime";
import { z } from "zod";
import type { Machine } from "../../machine/machine.ts";
import { jsonOf } from "../../json.ts";

/** So many hours wait for a control plane that is away; then the oldest go. */
const HOURS = 72;
const Sums = z.array(UptimeSum);
const Keys = z.array(z.string());

export interface Answer {
  name: string;
  path: string;
  status: number | null;
  latencyMs: number;
}

const keyOf = ({ name, path }: Pick<Answer, "name" | "path">) => `${name}${path}`;

/** How sites answered, in sums of hours, on the server's disk: a file for each hour until the control plane has it. */
export function uptimeLog({ files, folder }: Pick<Machine, "files" | "folder">) {
  const at = `${folder}/proxy/uptime`;
  const fileOf = (hour: number) => `${at}/${hour}.json`;
  const read = async <T>(path: string, shape: z.ZodType<T[]>) => shape.safeParse(jsonOf((await files.read(path)) ?? "")).data ?? [];
  let current: { hour: number; sums: Map<string, UptimeSum> } | undefined;
  let begun: Set<string> | undefined;

  const sums = (hour: number): Promise<UptimeSum[]> => read(fileOf(hour), Sums);
  const hours = async () =>
    (await files.list(at)).flatMap((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? NaN) || []).sort((a, b) => a - b);

  return {
    hours,
    sums,
    forget: (hour: number) => files.remove(fileOf(hour)),

    /** Adds one round of answers. What has never answered yet, as while its certificate is still to come, has not gone down. */
    async record(hour: number, answers: Answer[]) {
      begun ??= new Set(await read(`${at}/begun.json`, Keys));
      if (current?.hour !== hour) {
        current = { hour, sums: new Map((await sums(hour)).map((sum) => [keyOf(sum), sum])) };
        for (const old of (await hours()).filter((each) => each !== hour).slice(0, -HOURS)) await files.remove(fileOf(old));
      }
      const before = [...begun].join("\n");
      for (const answer of answers) if (isAnswered(answer)) begun.add(keyOf(answer));
      const known = new Set(answers.map(keyOf));
      for (const key of begun) if (!known.has(key)) begun.delete(key);
      if ([...begun].join("\n") !== before) await files.write({ [`${at}/begun.json`]: JSON.stringify([...begun]) });
      const counted = answers.filter((answer) => begun!.has(keyOf(answer)));
      if (counted.length === 0) return;
      for (const answer of counted) current.sums.set(keyOf(answer), added(current.sums.get(keyOf(answer)), answer));
      await files.write({ [fileOf(hour)]: JSON.stringify([...current.sums.values()]) });
    },
  };
}

const isAnswered = ({ status }: Answer) => status !== null && status < 500;

function added(sum: UptimeSum | undefined, answer: Answer): UptimeSum {
  const { name, path, latencyMs } = answer;
  const before = sum ?? { name, path, asked: 0, answered: 0, latencySumMs: 0, latencyMaxMs: 0 };
  const asked = before.asked + 1;
  if (!isAnswered(answer)) return { ...before, asked };
  return {
    ...before,
    asked,
    answered: before.answered + 1,
    latencySumMs: before.latencySumMs + latencyMs,
    latencyMaxMs: Math.max(before.latencyMaxMs, latencyMs),
  };
}
