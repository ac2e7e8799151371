import { TemplateInput } from "@appos/shared/templates";
import { expect, test } from "vitest";
import { sentValues, shownValue, whatIsMade } from "./install-values.ts";

const input = (given: object) => TemplateInput.parse({ label: "X", ...given });
const inputs = [
  input({ key: "HTTP_PORT", type: "port", generator: { kind: "port", from: 8080 } }),
  input({ key: "APP_URL", type: "url", generator: { kind: "address", port: "HTTP_PORT" } }),
  input({ key: "NAME", default: "admin" }),
  input({ key: "PW", secret: true, generator: { kind: "alnum", length: 20 } }),
];
const template = { inputs, suggested: { HTTP_PORT: "8081", APP_URL: "http://elsewhere:8081" } };
const shown = (key: string, typed = {}) =>
  shownValue(
    inputs.find((one) => one.key === key)!,
    typed,
    template,
    { host: "192.0.2.1" },
  );

test("an address follows the port beside it until somebody types one", () => {
  expect(shown("APP_URL")).toBe("http://192.0.2.1:8081");
  expect(shown("APP_URL", { HTTP_PORT: "9000" })).toBe("http://192.0.2.1:9000");
  expect(shown("APP_URL", { HTTP_PORT: "9000", APP_URL: "https://app.example.org" })).toBe("https://app.example.org");
});

test("an address is that of the domain where the app is reached by it, and else stays with the port", () => {
  const of = (insteadOf?: string) => sentValues(template, {}, { host: "h", domain: "app.example.org", insteadOf })["APP_URL"];
  expect(of("HTTP_PORT")).toBe("https://app.example.org");
  expect(of("API_PORT")).toBe("http://h:8081");
});

test("secrets are left to AppOS, unless one was chosen", () => {
  expect(sentValues(template, {}, { host: "h" })).toEqual({ HTTP_PORT: "8081", APP_URL: "http://h:8081", NAME: "admin" });
  expect(sentValues(template, { PW: "mine" }, { host: "h" })).toMatchObject({ PW: "mine" });
});

test("it is said what will be made", () => {
  expect(whatIsMade(inputs[3]!)).toBe("20 random letters and digits");
  expect(whatIsMade(input({ key: "T", generator: { kind: "text", value: "${A}" } }))).toBe("put together from the others");
});
