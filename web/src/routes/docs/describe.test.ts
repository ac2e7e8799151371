import { expect, test } from "vitest";
import { callsByArea, schemaText } from "./describe.ts";

test.each([
  [{ type: "string" }, "string"],
  [{ anyOf: [{ type: "integer" }, { type: "null" }] }, "integer | null"],
  [{ type: "array", items: { $ref: "#/components/schemas/App" } }, "App[]"],
  [{ enum: ["keep", "delete"] }, '"keep" | "delete"'],
  [
    { type: "object", properties: { id: { type: "string" }, by: { type: "string" } }, required: ["id"] },
    "{\n  id: string\n  by?: string\n}",
  ],
])("a schema reads as its type: %j", (schema, text) => expect(schemaText(schema)).toBe(text));

test("calls are found by what they are about, with who may make them", () => {
  const paths = {
    "/api/v1/apps/{id}": {
      get: {
        summary: "One app",
        description: "May be called by: apps:read.",
        responses: { 200: { content: { "application/json": { schema: { properties: { data: { type: "string" } } } } } } },
      },
    },
    "/api/health": { get: { summary: "Health" } },
  };
  expect(callsByArea({ info: { version: "1" }, paths })).toMatchObject([
    { area: "apps", calls: [{ method: "GET", path: "/api/v1/apps/{id}", who: "apps:read", gives: "string" }] },
    { area: "api", calls: [{ method: "GET", path: "/api/health" }] },
  ]);
});
