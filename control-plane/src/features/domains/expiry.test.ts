import { expect, test } from "vitest";
import { world } from "../../platform/memory/domain-world.ts";
import { daysLeft } from "./expiry.ts";

const DAY = 24 * 60 * 60_000;
const lasting = (days: number) => ({ issuer: "x", names: ["a.test"], notBefore: 0, notAfter: days * DAY });
/** So many days before it ends. */
const left = (of: number, days: number) => daysLeft(lasting(of), (of - days) * DAY);

test("a certificate that was not renewed is spoken of 30, 14, 7, 3 and 1 days before it ends", () => {
  expect([31, 30, 15, 14, 7, 4, 3, 1, 0].map((days) => left(365, days))).toEqual([null, 30, 30, 14, 7, 7, 3, 1, 1]);
});

test("where it is still time to renew it, nothing is said", () => {
  expect([30, 28, 26].map((days) => left(90, days))).toEqual([null, null, 30]);
  expect([3, 2, 1].map((days) => left(6, days))).toEqual([null, null, 1]);
});

test("each of these days is written down once, by AppOS itself, also when it was away on that day", async () => {
  const { add, connect, applies, admin, services } = await world();
  const agent = await connect();
  await add("blog.test");
  const seen = (days: number, of = 365) => {
    const notAfter = Date.now() + days * DAY - 60_000;
    return {
      name: "blog.test",
      certificate: { ...lasting(of), notBefore: notAfter - of * DAY, notAfter },
      certificateProblem: null,
      status: 200,
    };
  };
  const said = async () =>
    ((await admin("/api/v1/activity")).data.items as { action: string; subject: string; by: string | null }[])
      .filter(({ action }) => action === "certificate-ends")
      .map(({ subject, by }) => [subject, by]);
  await applies(agent, [seen(60)]);
  await services.domains.proxies.tick();
  expect(await said()).toEqual([]);
  await agent.says({ type: "sites", sites: [seen(13)], whole: true });
  await services.domains.proxies.tick();
  await services.domains.proxies.tick();
  expect(await said()).toEqual([["blog.test (13 days left)", null]]);
  await agent.says({ type: "sites", sites: [seen(1)], whole: true });
  await services.domains.proxies.tick();
  expect((await said())[0]).toEqual(["blog.test (1 day left)", null]);
  expect((await admin("/api/v1/domains?show=ending")).data.items).toMatchObject([{ domain: "blog.test" }]);
  await agent.says({ type: "sites", sites: [seen(90, 90)], whole: true });
  await services.domains.proxies.tick();
  expect(await said()).toHaveLength(2);
  expect((await admin("/api/v1/domains?show=ending")).data.items).toEqual([]);
});
