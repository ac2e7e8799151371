import { expect, test } from "vitest";
import { parse } from "yaml";
import { withImage } from "./compose-image.ts";

const text =
  "# ours\nservices:\n  web:   # the site\n    image: 'nginx:1' # old\n    ports: [80]\n  db: {image: postgres:16, command: [a]}\n";

test("only the image is another one; every other letter stays", () => {
  expect(withImage(text, "web", "nginx:2")).toBe(text.replace("'nginx:1'", '"nginx:2"'));
  expect(withImage(text, "db", "postgres@sha256:abc")).toBe(text.replace("postgres:16", '"postgres@sha256:abc"'));
});

test("what has that image already is as it was", () => {
  expect(withImage(text, "web", "nginx:1")).toBe(text);
});

test("an image that came from elsewhere is said where it is used", () => {
  const merged = "x-base: &base {image: nginx:1}\nservices:\n  web:\n    <<: *base\n";
  const model = parse(withImage(merged, "web", "nginx:2")!, { merge: true });
  expect(model.services.web).toEqual({ image: "nginx:2" });
});

test("a service that is not there has none", () => {
  expect(withImage(text, "cache", "redis:8")).toBeUndefined();
  expect(withImage("services: [", "web", "nginx:2")).toBeUndefined();
});
