import { expect, test } from "vitest";
import { world } from "../../platform/memory/domain-world.ts";
import { jobs } from "./schema.ts";

test("what a job is given is kept until its end has been told, and not longer", async () => {
  const { platform, add, connect, deploys, applies } = await world();
  const agent = await connect();
  await add("a.test");
  const kept = async () => {
    const rows = await platform.database.select({ kind: jobs.kind, input: jobs.input }).from(jobs).orderBy(jobs.number);
    return rows.filter(({ input }) => input !== "").map(({ kind }) => kind);
  };
  expect(await kept()).toEqual(["deploy-app", "apply-sites"]);
  await deploys(agent);
  expect(await kept()).toEqual(["apply-sites"]);
  await applies(agent);
  expect(await kept()).toEqual([]);
});
