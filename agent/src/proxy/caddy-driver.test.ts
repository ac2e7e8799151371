import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { caddyDriver } from "./caddy-driver.ts";

async function problemOf(...errors: string[]) {
  const lines = errors.map((error) => JSON.stringify({ logger: "tls.obtain", identifier: "a.test", error }));
  const { machine } = fakeMachine();
  return (await caddyDriver.certificateProblems(["a.test"], { machine, lines: async () => lines })).get("a.test");
}

test("of what an authority said, its words are told", async () => {
  const said = "HTTP 403 urn:ietf:params:acme:error:caa - CAA record for a.test prevents issuance";
  expect(await problemOf(said)).toBe("CAA record for a.test prevents issuance");
  const whole = `[a.test] Obtain: [a.test] solving challenge: a.test: [a.test] authorization failed: ${said} (ca=https://acme.lan/dir)`;
  expect(await problemOf(whole)).toBe("CAA record for a.test prevents issuance");
});

test("what comes of a request that met nobody is not put into its mouth", async () => {
  const met =
    'creating new order: fetching new nonce from server: performing request: Head "https://acme.lan:14000/nonce": dial tcp: refused';
  expect(await problemOf(met)).toBe("The authority at acme.lan:14000 could not be asked: dial tcp: refused");
});

test("what Caddy itself has broken off, to begin anew, is no answer", async () => {
  expect(await problemOf("solving challenges: [a.test] context canceled")).toBeUndefined();
});
