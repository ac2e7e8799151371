import { expect, test } from "vitest";
import { fakeMachine } from "../../machine/fake-machine.ts";
import { preflights } from "./preflight.ts";

const ID = "0f1e2d3c-0000-4000-8000-000000000000";
const acme = { directory: "https://acme-v02.api.letsencrypt.org/directory", email: null, roots: null };
const soon = () => new Promise<void>((done) => setTimeout(done, 5));

function world() {
  const server = fakeMachine();
  server.files.set("/var/lib/appos/proxy/id", ID);
  let looks = 0;
  const { names } = server.machine;
  const counted = { ...names, addresses: async (...asked: Parameters<typeof names.addresses>) => (looks++, names.addresses(...asked)) };
  server.onVisit = ({ host }) => ({ status: host === "203.0.113.9" ? null : 204, certificate: null, proxy: ID });
  const preflight = preflights({ ...server.machine, names: counted });
  const asked = async (name: string) => {
    preflight(name, acme);
    await soon();
    return preflight(name, acme);
  };
  return { server, asked, looks: () => looks };
}

test("what keeps a certificate from coming is known before an authority says so", async () => {
  const { server, asked } = world();
  expect(await asked("a.example.com")).toBe(
    "Waiting for a certificate: a.example.com has no A or AAAA record: there is no such name in the DNS. Where its DNS is kept, add an A record for a.example.com with this server's address. Until it is known everywhere, a few minutes may pass.",
  );
  server.dns.set("b.example.com", { a: ["203.0.113.9"] });
  expect(await asked("b.example.com")).toMatch(
    /^Waiting for a certificate\. As its server itself sees it: Nothing answers on port 80 of 203\.0\.113\.9/,
  );
  server.dns.set("c.example.com", { a: ["203.0.113.7"], caa: [{ critical: false, tag: "issue", value: "digicert.com" }] });
  expect(await asked("c.example.com")).toContain("allows only digicert.com, and certificates are asked of letsencrypt.org");
  server.dns.set("d.example.com", { a: ["203.0.113.7"] });
  expect(await asked("d.example.com")).toBeUndefined();
});

test("a name is not looked at again within seconds, and then it is: what was mended is found no more", async () => {
  const { server, asked, looks } = world();
  expect(await asked("a.example.com")).toContain("no A or AAAA record");
  const before = looks();
  server.dns.set("a.example.com", { a: ["203.0.113.7"] });
  expect(await asked("a.example.com")).toContain("no A or AAAA record");
  expect(looks()).toBe(before);
  await server.machine.sleep(5_000);
  expect(await asked("a.example.com")).toBeUndefined();
  expect(looks()).toBe(before + 2);
});

test("an authority that says itself by which names it goes is believed", async () => {
  const { server, asked } = world();
  server.caaIdentities = ["ca.example.net"];
  server.dns.set("c.example.com", { a: ["203.0.113.7"], caa: [{ critical: false, tag: "issue", value: "ca.example.net" }] });
  expect(await asked("c.example.com")).toBeUndefined();
});
