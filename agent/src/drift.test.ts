import { expect, test } from "vitest";
import { findings } from "./drift.ts";
import type { Manifest } from "./jobs/manifest.ts";
import { newContainer } from "./machine/fake-compose.ts";
import type { Container } from "./machine/machine.ts";

const NOW = Date.UTC(2026, 10, 21);
const manifest: Manifest = {
  release: 7,
  images: [{ service: "web", image: "nginx:1", digest: "sha256:d", id: "sha256:one" }],
  services: { web: { configHash: "h", limits: "{}" } },
};
const expected = new Map([["web", 1]]);
function web(change: Partial<Container> = {}, status: Partial<Container["status"]> = {}): Container {
  const made = newContainer("1", "appos-blog", "web", { image: "nginx:1", labels: {} });
  return {
    ...made,
    imageId: "sha256:one",
    configHash: "h",
    limits: "{}",
    ...change,
    status: { ...made.status, state: "running", startedAt: NOW - 3_600_000, ...status },
  };
}
const kinds = (...containers: Container[]) => findings(manifest, expected, containers, NOW).map(({ kind }) => kind);

test.each([
  ["as it should be", [web()], []],
  ["as it should be, beside a container that `run` made", [web(), web({ oneOff: true, imageId: "other" })], []],
  ["while Compose puts another in its place", [web(), web({}, { container: "0123456789ab_appos-blog-web-1" })], []],
  ["gone", [], ["gone"]],
  ["one too many", [web(), web({ id: "2" }, { container: "appos-blog-web-2" })], ["extra"]],
  ["another service", [web(), web({ id: "2" }, { service: "other", container: "appos-blog-other-1" })], ["extra"]],
  ["another image", [web({ imageId: "sha256:two" })], ["image-replaced"]],
  ["another definition", [web({ configHash: "i" })], ["changed-by-hand"]],
  ["not made by Compose", [web({ configHash: null })], ["changed-by-hand"]],
  ["other limits", [web({ limits: '{"Memory":1}' })], ["changed-by-hand"]],
  ["falling over", [web({}, { state: "restarting", restarts: 3 })], ["restart-loop"]],
  ["just up again after falling over", [web({}, { restarts: 5, startedAt: NOW - 60_000 })], ["restart-loop"]],
  ["up for long after it fell over", [web({}, { restarts: 5 })], []],
  ["ended with an error", [web({}, { state: "exited", exitCode: 137 })], ["stopped"]],
  ["ended as it should", [web({}, { state: "exited", exitCode: 0 })], []],
  ["ended well though it should always run", [web({ restartPolicy: "always" }, { state: "exited", exitCode: 0 })], ["stopped"]],
  ["paused", [web({}, { state: "paused" })], ["stopped"]],
])("an app that is %s", (_, containers, wanted) => {
  expect(kinds(...containers)).toEqual(wanted);
});

test("another image can be adopted where that is all that differs, and where its name says which it is", () => {
  const adopt = (...change: Parameters<typeof web>) =>
    findings(manifest, expected, [web(...change)], NOW).find(({ kind }) => kind === "image-replaced")?.adopt;
  expect(adopt({ imageId: "sha256:two" }, { image: "nginx:2" })).toEqual({ what: "image", image: "nginx:2" });
  expect(adopt({ imageId: "sha256:two", configHash: "i" }, { image: "nginx:2" })).toBeNull();
  expect(adopt({ imageId: "sha256:two" }, { image: "sha256:two" })).toBeNull();
});

test("a release of before this was written down says nothing", () => {
  const older: Manifest = { release: 7, images: [{ service: "web", image: "nginx:1", digest: "sha256:d" }], services: {} };
  expect(findings(older, expected, [web({ imageId: "sha256:two", configHash: "i", limits: "x" })], NOW)).toEqual([]);
});
