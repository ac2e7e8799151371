import * as sites from "@appos/shared/sites";
import { expect, test } from "vitest";
import { certificatesIn, LETS_ENCRYPT } from "./authority.ts";

test("the console knows the usual authority by the address that the API gives it", () => {
  expect(LETS_ENCRYPT).toBe(sites.LETS_ENCRYPT);
});

test("certificates in PEM are counted", () => {
  const one = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  expect([null, "", one, one + one].map(certificatesIn)).toEqual([0, 0, 1, 2]);
});
