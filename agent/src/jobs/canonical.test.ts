import { expect, test } from "vitest";
import { canonicalModel, canonicalText, masked, readCanonical, undoubled, withOwnSecretNames } from "./canonical.ts";

const resolved = (command: string) => ({
  name: "appos-blog",
  "x-note": 1,
  services: { web: { image: "nginx", command: [command], entrypoint: null }, db: { image: "mysql" } },
});
const labels = (model: object) =>
  Object.values((model as { services: Record<string, { labels: unknown }> }).services).map(({ labels }) => labels);

test("every service carries its app; one that did not change keeps its release", () => {
  const first = canonicalModel(resolved("a"), { appId: "app_1", release: 1, before: undefined });
  expect(first).toEqual({
    name: "appos-blog",
    services: {
      web: { image: "nginx", command: ["a"], labels: { "appos.app": "app_1", "appos.release": "1" } },
      db: { image: "mysql", labels: { "appos.app": "app_1", "appos.release": "1" } },
    },
  });
  const again = readCanonical(canonicalText(first));
  const second = canonicalModel(resolved("b"), { appId: "app_1", release: 2, before: again });
  expect(labels(second)).toEqual([
    { "appos.app": "app_1", "appos.release": "2" },
    { "appos.app": "app_1", "appos.release": "1" },
  ]);
});

test("what would come from Compose's own environment is left out; an empty value is not", () => {
  const model = canonicalModel(
    { services: { web: { environment: { A: null, B: "", C: "c" } } } },
    { appId: "app_1", release: 1, before: undefined },
  );
  expect(model).toMatchObject({ services: { web: { environment: { B: "", C: "c" } } } });
});

test("dollars and words that YAML readers take for something else survive", () => {
  const model = {
    services: { w: { command: ["$HOME", "$$", "yes", "0123", "1:30", "null", "\u0085\u2028", "no: # x", "'"], labels: { on: "off" } } },
  };
  const text = canonicalText(model);
  expect(text).toContain("$$HOME");
  expect(text).not.toMatch(/[\u0085\u2028]/);
  expect(readCanonical(text)).toEqual(model);
  expect(undoubled({ a: "$$HOME $$$$" })).toEqual({ a: "$HOME $$" });
});

test("a secret's variable gets a name of ours, and has to be there", () => {
  const model = { secrets: { one: { environment: "LD_PRELOAD" }, two: { file: "./x" }, three: { environment: "NOT_THERE" } } };
  expect(withOwnSecretNames(model, new Map([["LD_PRELOAD", "value"]]))).toEqual({
    model: { secrets: { one: { environment: "APPOS_SECRET_0" }, two: { file: "./x" }, three: { environment: "APPOS_SECRET_1" } } },
    secrets: [
      { key: "APPOS_SECRET_0", value: "value" },
      { key: "APPOS_SECRET_1", value: "" },
    ],
    missing: ["NOT_THERE"],
  });
});

test("secret values are not shown, wherever they ended up", () => {
  expect(masked({ a: "mysql://root:s3cret@db", b: ["s3cret"], c: 3 }, ["s3cret", "db"])).toEqual({
    a: "mysql://root:********@db",
    b: ["********"],
    c: 3,
  });
});
