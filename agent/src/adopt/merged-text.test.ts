import { expect, test } from "vitest";
import { parse } from "yaml";
import { mergedText } from "./merged-text.ts";

const merged = (service: object, env: Parameters<typeof mergedText>[1] = [], lifted: string[] = []) => {
  const { compose, env: variables } = mergedText({ name: "p", services: { web: { image: "x", ...service } } }, env, new Set(lifted));
  return { web: (parse(compose) as { services: { web: Record<string, unknown> } }).services.web, variables };
};

test("what came from an env file is in the variables only; so is an address with a password", () => {
  const environment = { LICENCE: "abc-def", "my.key": "dotted", DB: "postgres://a:b@db/x", MODE: "fast", COMPOSE_FILE: "c" };
  const { web, variables } = merged({ environment }, [], ["LICENCE", "my.key", "COMPOSE_FILE"]);
  expect(web.environment).toEqual({
    LICENCE: "${LICENCE}",
    "my.key": "${WEB_my_key}",
    DB: "${DB}",
    MODE: "fast",
    COMPOSE_FILE: "${WEB_COMPOSE_FILE}",
  });
  expect(variables).toEqual([
    { key: "LICENCE", value: "abc-def", secret: false },
    { key: "WEB_my_key", value: "dotted", secret: false },
    { key: "DB", value: "postgres://a:b@db/x", secret: true },
    { key: "WEB_COMPOSE_FILE", value: "c", secret: false },
  ]);
});

test("what Compose filled in from .env is a reference again, wherever a secret went", () => {
  const env = [
    { key: "PW", value: "hunter22", secret: true },
    { key: "MODE", value: "fast", secret: false },
    { key: "PIN", value: "12", secret: true },
    { key: "REF_TOKEN", value: "reference", secret: true },
  ];
  const service = {
    command: ["redis", "--requirepass", "hunter22", "--x=hunter22!reference 12", "12"],
    environment: { MODE: "fast", URL: "x hunter22" },
  };
  const { web, variables } = merged(service, env);
  expect(web).toEqual({
    image: "x",
    command: ["redis", "--requirepass", "${PW}", "--x=${PW}!${REF_TOKEN} 12", "${PIN}"],
    environment: { MODE: "${MODE}", URL: "${URL}" },
  });
  expect(variables).toEqual([...env, { key: "URL", value: "x hunter22", secret: true }]);
});

test("one name with several values becomes several variables", () => {
  const env = [
    { key: "A", value: "1", secret: false },
    { key: "WEB_A", value: "2", secret: false },
  ];
  const { web, variables } = merged({ environment: { A: "3" } }, env, ["A"]);
  expect(web.environment).toEqual({ A: "${WEB_A_2}" });
  expect(variables.at(-1)).toEqual({ key: "WEB_A_2", value: "3", secret: false });
});
