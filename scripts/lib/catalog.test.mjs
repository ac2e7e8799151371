import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { problemsOf, readTemplate, shipped, templateIds } from "./catalog.mjs";
import { at } from "./root.mjs";

const folder = mkdtempSync(join(tmpdir(), "appos-catalog-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is said of a template of ours with something in one of its files changed. */
function problems(id, file, from, to) {
  cpSync(at("catalog", id), join(folder, id), { recursive: true });
  const path = join(folder, id, file);
  const text = readFileSync(path, "utf8");
  expect(text).toMatch(from);
  writeFileSync(path, text.replace(from, to));
  return problemsOf(id, folder).join("\n");
}

test.each([
  ["a field that no template has", "wordpress", "template.yaml", /^name: /, "colour: red\nname: ", /colour/],
  ["a category of its own", "wordpress", "template.yaml", /\[websites\]/, "[blogs]", /categories/],
  [
    "an input that nothing uses",
    "wordpress",
    "compose.yaml",
    "${HTTP_PORT:-8080}:80",
    "${PORT:-8080}:80",
    /PORT, which is no input[^]*HTTP_PORT and does not use it/,
  ],
  ["a port that is always the same", "wordpress", "compose.yaml", "${HTTP_PORT:-8080}:80", "8080:80", /no input chooses/],
  [
    "a route to where nothing is published",
    "wordpress",
    "template.yaml",
    "port: 80",
    "port: 81",
    /port 81 of wordpress, which is not published/,
  ],
  ["data that nothing keeps", "wordpress", "template.yaml", "path: /var/www/html", "path: /data", /data in \/data of wordpress/],
  ["an image that drifts", "wordpress", "compose.yaml", /wordpress:6\S+/, "wordpress:latest", /latest-tag:wordpress/],
  [
    "the rights of the server",
    "wordpress",
    "compose.yaml",
    /restart: unless-stopped/,
    "restart: unless-stopped\n    privileged: true",
    /privileged:wordpress/,
  ],
  ["a secret in the file", "wordpress", "compose.yaml", /"\$\{DB_PASSWORD\}"/, '"s3cret"', /literal-secret:wordpress/],
  ["a missing health check that nobody explains", "vikunja", "template.yaml", /accepted:[^]*$/, "", /no-healthcheck:vikunja/],
  [
    "an explanation of what is not there",
    "vikunja",
    "template.yaml",
    "no-healthcheck:vikunja",
    "privileged:vikunja",
    /explains privileged:vikunja/,
  ],
  [
    "a container's name",
    "wordpress",
    "compose.yaml",
    /restart: unless-stopped/,
    "restart: unless-stopped\n    container_name: wp",
    /container_name/,
  ],
  [
    "a file that is not there",
    "prometheus",
    "compose.yaml",
    "./prometheus.yml:",
    "./other.yml:",
    /mounts \.\/other\.yml[^]*has the file prometheus\.yml/,
  ],
])("%s is found", (_, id, file, from, to, sentence) => {
  expect(problems(id, file, from, to)).toMatch(sentence);
});

test("what ships is every template, and its list is small", () => {
  const { index, templates } = shipped();
  expect(Object.keys(templates)).toEqual(templateIds());
  expect(templateIds().length).toBeGreaterThanOrEqual(80);
  expect(JSON.parse(index)).toHaveLength(templateIds().length);
  expect(index.length).toBeLessThan(64 * 1024);
  expect(JSON.parse(templates.wordpress)).toMatchObject({
    listed: { name: "WordPress", risks: 0 },
    template: readTemplate("wordpress").template,
  });
});
