import { expect, test } from "vitest";
import { reachesOutside } from "./compose-reach.ts";

test.each([
  "services: {w: {env_file: /etc/passwd}}",
  "services: {w: {env_file: [/etc/passwd]}}",
  'services: {w: {"env\\u005ffile": /etc/passwd}}',
  "x-a: &a {env_file: /etc/passwd}\nservices: {w: {<<: *a}}",
  "x-a: &a /etc/passwd\nservices: {w: {env_file: *a}}",
  "services: {w: {extends: {file: /etc/passwd, service: w}}}",
  "x-a: &a {file: /etc/passwd}\nservices: {w: {extends: {<<: *a, service: w}}}",
  "x-a: &a {file: /etc/passwd, service: w}\nservices: {w: {extends: *a}}",
  "include: [other.yaml]\nservices: {}",
  "services: {}\n---\ninclude: [other.yaml]",
  "services: {w: {? [env_file] : x}}",
])("reaches outside: %s", (compose) => {
  expect(reachesOutside(compose)).toBeDefined();
});

test.each([
  "services: {w: {image: x, env_file: .env}}",
  "services: {w: {extends: base}, base: {image: x}}",
  "services: {w: {extends: {service: base}}}",
])("keeps to itself: %s", (compose) => {
  expect(reachesOutside(compose)).toBeUndefined();
});
