import { HOUR_MS } from "@appos/shared/uptime";
import { expect, test } from "vitest";
import { world as domainWorld } from "../../platform/memory/domain-world.ts";
import { uptimeOf } from "./uptime.ts";

const sum = (more: object = {}) => ({
  name: "blog.test",
  path: "/",
  asked: 60,
  answered: 60,
  latencySumMs: 600,
  latencyMaxMs: 30,
  ...more,
});

async function world() {
  const it = await domainWorld();
  const agent = await it.connect();
  const { data } = await it.add("blog.test");
  const hour = Math.floor(it.services.now() / HOUR_MS);
  let id = 0;
  const says = async (at: number, ...sums: object[]) => {
    await agent.says({ type: "uptime", id: ++id, hour: at, sums });
    expect(agent.heard("uptime-kept").at(-1)).toEqual({ type: "uptime-kept", id });
  };
  const list = async (query = "", who = it.admin) => (await who(`/api/v1/domains/uptime${query}`)).data.items;
  return { ...it, agent, domain: data, hour, says, list };
}

test("a domain that nobody has asked yet has no uptime", async () => {
  const { list, domain } = await world();
  const [uptime] = await list("?app=blog");
  expect(uptime).toMatchObject({ domainId: domain.id, day: { asked: 0, percent: null, latencyMs: null }, month: { percent: null } });
  expect([uptime.days.length, uptime.hours.length]).toEqual([30, 24]);
});

test("what is told twice counts once, and what tells of more of an hour takes its place", async () => {
  const { says, list, hour } = await world();
  await says(hour, sum({ asked: 5, answered: 5 }));
  await says(hour, sum({ asked: 10, answered: 9, latencySumMs: 90 }));
  await says(hour, sum({ asked: 5, answered: 5 }));
  expect((await list())[0].day).toEqual({ asked: 10, answered: 9, percent: 90, latencyMs: 10, latencyMaxMs: 30 });
  expect((await list())[0].hours.at(-1)).toMatchObject({ from: hour * HOUR_MS, asked: 10 });
});

test("over a day, a week and a month; older than that is let go", async () => {
  const { says, list, hour, services, platform } = await world();
  await says(hour, sum());
  await says(hour - 30, sum({ answered: 30 }));
  await says(hour - 10 * 24, sum({ answered: 0, latencySumMs: 0 }));
  await says(hour - 31 * 24, sum());
  await says(hour + 48, sum());
  expect((await list())[0]).toMatchObject({
    day: { asked: 60, percent: 100 },
    week: { asked: 120, percent: 75 },
    month: { asked: 180, percent: 50 },
  });
  await platform.client.execute(`update domain_uptime set hour = hour - 800 where hour < ${hour}`);
  await services.domains.uptime.tidy();
  expect((await list())[0].month.asked).toBe(60);
  expect((await platform.client.execute("select * from domain_uptime")).rows).toHaveLength(1);
});

test("a server tells of its own domains only, and with a domain goes what is known of it", async () => {
  const { says, list, hour, admin, app, add, domain, platform } = await world();
  const { data: server } = await admin("/api/v1/servers", { json: { name: "oslo-1" } });
  await app("shop", server.server.id);
  await add("shop.test", { app: "shop" });
  await says(hour, sum(), sum({ name: "shop.test" }), sum({ name: "nothing.test" }));
  expect((await list("?app=shop"))[0].day.asked).toBe(0);
  expect((await list("?app=blog"))[0].day.asked).toBe(60);
  await admin(`/api/v1/domains/${domain.id}`, { method: "DELETE" });
  expect((await platform.client.execute("select * from domain_uptime")).rows).toEqual([]);
});

test("a member sees how the domains of their projects answer, and of no others", async () => {
  const { says, list, hour, admin, app, add, person, serverId } = await world();
  const { data: project } = await admin("/api/v1/projects", { json: { name: "mine" } });
  await app("own", serverId, project.id);
  await add("own.test", { app: "own" });
  await says(hour, sum(), sum({ name: "own.test" }));
  const { ask, id } = await person("mia", "member");
  await admin(`/api/v1/projects/mine/people/${id}`, { method: "PUT", json: { role: "viewer" } });
  expect((await list("", ask)).map(({ day }: { day: { asked: number } }) => day.asked)).toEqual([60]);
  expect(await list("?app=blog", ask)).toEqual([]);
});

test("one minute in a month is seen: what was down once was not up all of the time", () => {
  const hours = Array.from({ length: 720 }, (_, i) => ({
    hour: 1_000 - i,
    asked: 60,
    answered: i === 5 ? 59 : 60,
    latencySumMs: 0,
    latencyMaxMs: 0,
  }));
  const { day, month, days } = uptimeOf("dom_1", hours, 1_000 * HOUR_MS);
  expect([day.percent, month.percent, month.asked]).toEqual([99.93, 99.99, 43_200]);
  expect(days.map(({ asked }) => asked)).toEqual(Array.from({ length: 30 }, () => 1_440));
  expect(days.at(-1)).toMatchObject({ from: 977 * HOUR_MS, answered: 1_439 });
});
