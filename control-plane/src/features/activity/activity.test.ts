import { expect, test } from "vitest";
import { setUp } from "../../platform/memory/tester.ts";
import { activity } from "./schema.ts";

const DAY = 24 * 3_600_000;

test("what was done stays for two years, then goes a few at a time, and none while the clock cannot be believed", async () => {
  const { platform, services } = await setUp();
  const total = async () => (await services.activity.list({ page: 1, pageSize: 1 })).pagination.total;
  const recent = await total();
  await services.activity.tidy();
  const past = (id: string, days: number) => ({ id, at: platform.now() - days * DAY, by: "ada", action: "deploy-app", subject: "blog" });
  await platform.database.insert(activity).values([...Array.from({ length: 250 }, (_, i) => past(`act_${i}`, 731)), past("act_new", 729)]);
  platform.setClock(3_650 * DAY);
  await services.activity.tidy();
  platform.setClock(-3_650 * DAY);
  expect(await total()).toBe(recent + 251);
  await services.activity.tidy();
  expect(await total()).toBe(recent + 51);
  await services.activity.tidy();
  await services.activity.tidy();
  expect(await total()).toBe(recent + 1);
});
