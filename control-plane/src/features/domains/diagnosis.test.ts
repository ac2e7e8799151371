import type { CheckFinding, CheckStep, SeenAddress } from "@appos/shared/site-check";
import { expect, test } from "vitest";
import { OutboundFailed } from "../../outbound/failure.ts";
import { world as domainWorld } from "../../platform/memory/domain-world.ts";
import { facts } from "../../platform/memory/terminal-world.ts";
import { knownAddresses } from "../servers/known-addresses.ts";

const steps = ["dns", "port", "certificate", "proxy", "container", "health"] as const satisfies CheckStep[];
const finding = (step: CheckStep, more: Partial<CheckFinding> = {}): CheckFinding => ({
  step,
  state: "ok",
  message: `${step} is well.`,
  remedy: null,
  facts: [],
  ...more,
});
const findings = (...changed: CheckFinding[]) => steps.map((step) => changed.find((each) => each.step === step) ?? finding(step));
const HERE = "93.184.216.34";
const at = (seen: SeenAddress["seen"], address = HERE): SeenAddress[] => [{ address, seen }];
const ask = "http://blog.example.org/.well-known/appos";

async function world() {
  const it = await domainWorld();
  const agent = await it.connect();
  await it.deploys(agent);
  const { data } = await it.add("blog.example.org");
  await it.applies(agent);
  const outbound = it.platform.outside;
  const reached = (id: string, status = 204) =>
    void outbound.answers.set(ask, () => new Response(null, { status, headers: { "appos-proxy": id } }));
  /** The server answers as it is told to. */
  async function diagnose(answer: object, who = it.admin) {
    const count = agent.heard("open-stream").length;
    const asked = who(`/api/v1/domains/${data.id}/diagnosis`);
    await expect.poll(() => agent.heard("open-stream")).toHaveLength(count + 1);
    const { input, streamId } = agent.heard("open-stream").at(-1)!;
    agent.output(streamId, JSON.stringify({ answer: { findings: findings(), addresses: at("here"), proxy: "me", port: 80, ...answer } }));
    await agent.says({ type: "stream-closed", streamId });
    const reply = await asked;
    const found = Object.fromEntries((reply.data.findings as CheckFinding[]).map((each) => [each.step, each])) as Record<
      CheckStep,
      CheckFinding
    >;
    return { ...reply, found, question: input };
  }
  return { ...it, agent, domain: data, outbound, reached, diagnose };
}

test("nothing is known of a domain whose server is away, and nothing of one that is not there", async () => {
  const { agent, admin, domain } = await world();
  await agent.leave();
  expect(await admin(`/api/v1/domains/${domain.id}/diagnosis`)).toMatchObject({ status: 409, error: { code: "SERVER_AWAY" } });
  expect(await admin("/api/v1/domains/dom_00000000000000000000000000/diagnosis")).toMatchObject({
    status: 404,
    message: "There is no such domain.",
  });
});

test("its server is asked about this domain and no other, and told where it is known to be reached", async () => {
  const { diagnose, agent, add, domain, reached } = await world();
  await add("other.example.org", { path: "/x" });
  await agent.says({ type: "facts", facts: { ...facts, addresses: ["10.0.0.4", HERE] } });
  reached("me");
  const { status, data, question, found } = await diagnose({});
  expect(status).toBe(200);
  expect(question).toEqual({
    question: "site-check",
    input: { name: "blog.example.org", alias: null, path: "/", app: "blog", service: "web", port: 80, https: "acme", addresses: [HERE] },
  });
  expect(data).toMatchObject({ domainId: domain.id, url: "https://blog.example.org", at: expect.any(Number) });
  expect(found.port).toMatchObject({ state: "ok", facts: ["AppOS reaches it from where it runs, too."] });
});

test("a server that does not reach itself is reached all the same, where AppOS gets to it", async () => {
  const { diagnose, reached } = await world();
  reached("me");
  const port = finding("port", { state: "wrong", message: "Nothing answers.", remedy: "Open it." });
  const dns = finding("dns", { state: "wrong", message: "Another server answers." });
  for (const addresses of [at("silent"), at("other")]) {
    const { found } = await diagnose({ addresses, findings: findings(dns, port) });
    expect(found.dns).toMatchObject({ state: "ok", message: `blog.example.org leads to ${HERE}.`, remedy: null });
    expect(found.port).toMatchObject({ state: "ok", message: expect.stringContaining("AppOS reaches"), remedy: null });
  }
});

test("where nobody gets to it from outside, that is what is wrong, though the server itself does", async () => {
  const { diagnose, outbound, reached } = await world();
  const { found } = await diagnose({});
  expect(found.dns.state).toBe("ok");
  expect(found.port).toMatchObject({
    state: "wrong",
    message: expect.stringContaining("from outside"),
    remedy: expect.stringContaining("firewall"),
  });
  const wrong = finding("port", { state: "wrong", message: "Nothing answers on port 80.", remedy: "Open it." });
  expect((await diagnose({ addresses: at("silent"), findings: findings(wrong) })).found.port).toMatchObject({
    ...wrong,
    facts: [expect.stringContaining("either")],
  });
  reached("somebody-else");
  expect((await diagnose({})).found.dns).toMatchObject({ state: "wrong", message: expect.stringContaining("another server") });
  outbound.answers.set(ask, () => new Response(null, { status: 301, headers: { location: "https://blog.example.org/.well-known/appos" } }));
  outbound.answers.set(
    "https://blog.example.org/.well-known/appos",
    () => new Response(null, { status: 204, headers: { "appos-proxy": "me" } }),
  );
  expect((await diagnose({})).found.port.state).toBe("ok");
});

test("what may not or cannot be asked from outside is said, and changes no verdict", async () => {
  const { diagnose, outbound } = await world();
  const lan = await diagnose({ addresses: at("here", "192.168.1.5") });
  expect(lan.found.port).toMatchObject({
    state: "ok",
    facts: ["Not looked at from outside. blog.example.org leads to a private address."],
  });
  expect(outbound.asked).toEqual([]);
  outbound.answers.set(ask, () => {
    throw new OutboundFailed("There is no address for blog.example.org.", true);
  });
  expect((await diagnose({})).found.port).toMatchObject({
    state: "ok",
    facts: ["Not looked at from outside. There is no address for blog.example.org."],
  });
  expect((await diagnose({ addresses: [] })).found.port).toEqual(finding("port"));
});

test("why the server refused a domain is what is wrong with its proxy; of what belongs to others a member learns nothing", async () => {
  const it = await world();
  const { diagnose, agent, domain, refuses, admin, reached, serverId } = it;
  reached("me");
  await admin(`/api/v1/domains/${domain.id}`, { method: "PATCH", json: { port: 81 } });
  await refuses(agent, "hidden.test has no container.");
  expect((await diagnose({})).found.proxy).toMatchObject({
    state: "wrong",
    message: "hidden.test has no container.",
    remedy: expect.stringContaining("Try again"),
  });

  const project = async (name: string) => (await admin("/api/v1/projects", { json: { name } })).data.id as string;
  const [mine, theirs] = [await project("mine"), await project("theirs")];
  await it.app("shop", serverId, theirs);
  await it.add("hidden.test", { app: "shop" });
  await admin("/api/v1/apps/blog", { method: "PATCH", json: { projectId: mine } });
  await refuses(agent, "hidden.test has no container.");
  const { ask: member, id } = await it.person("mia", "member");
  await admin(`/api/v1/projects/mine/people/${id}`, { method: "PUT", json: { role: "viewer" } });
  const { status, found } = await diagnose({}, member);
  expect(status).toBe(200);
  expect(found.proxy.message).toBe("Its server refused it. An administrator can see why.");
});

test("where a server is known to be reached: at its own addresses, else at the one that it calls from", () => {
  const known = (own: string[], callsFrom?: string) => knownAddresses(own, callsFrom).map((each) => [each.address, each.own]);
  expect(known(["10.0.0.4", HERE], "93.184.216.99")).toEqual([[HERE, true]]);
  expect(known(["10.0.0.4", "2606:2800:220:1::1"], HERE)).toEqual([
    ["2606:2800:220:1::1", true],
    [HERE, false],
  ]);
  expect(known(["10.0.0.4"], "127.0.0.1")).toEqual([]);
  expect(known([])).toEqual([]);
});
