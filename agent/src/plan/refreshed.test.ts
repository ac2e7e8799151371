import { expect, test } from "vitest";
import type { PlanFindings } from "@appos/shared/plan";
import { refreshed } from "./refreshed.ts";

const service = (name: string) => ({ service: name, change: "unchanged" as const, reasons: [], image: `${name}:1` });
const image = (name: string) => ({ image: `${name}:1`, services: [name], pull: false, bytes: 5, digest: null });
const found: PlanFindings = {
  liveRelease: 1,
  services: [service("web"), service("db")],
  images: [image("web"), image("db")],
  volumes: [],
  networks: [],
  dangers: [],
};

test("a service that is updated is made anew with an image that is pulled; the others stay", () => {
  expect(refreshed(found, ["web"])).toEqual({
    ...found,
    services: [{ ...service("web"), change: "recreate", reasons: [expect.stringContaining("pulled anew")] }, service("db")],
    images: [{ ...image("web"), pull: true, bytes: null }, image("db")],
  });
  expect(refreshed(found, [])).toEqual(found);
});
