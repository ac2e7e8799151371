/** The parts of an OpenAPI 3.1 description that are shown. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  default?: unknown;
}
interface Operation {
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[];
  requestBody?: { content?: Record<string, { schema?: Schema }> };
  responses?: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}
export interface Description {
  info: { version: string; description?: string };
  components?: { schemas?: Record<string, Schema> };
  paths: Record<string, Record<string, Operation>>;
}

export interface Call {
  method: string;
  path: string;
  summary: string;
  who: string;
  query: string[];
  /** The body it takes, and what a success carries, as text. */
  takes: string | undefined;
  gives: string | undefined;
}

/** Every call, by the first word of its path. */
export function callsByArea({ paths }: Description): { area: string; calls: Call[] }[] {
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => callOf(path, method, operation)),
  );
  const areas = Map.groupBy(calls, ({ path }) => /^\/(?:api\/v1\/)?([a-z]+)/.exec(path)?.[1] ?? "other");
  return [...areas].map(([area, of]) => ({ area, calls: of }));
}

function callOf(
  path: string,
  method: string,
  { summary = "", description = "", parameters = [], requestBody, responses = {} }: Operation,
): Call {
  const success = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1].content?.["application/json"]?.schema;
  const body = requestBody?.content?.["application/json"]?.schema;
  return {
    method: method.toUpperCase(),
    path,
    summary,
    who: /May be called by: (.*)\./.exec(description)?.[1] ?? "",
    query: parameters.filter((each) => each.in === "query").map(({ name }) => name),
    takes: body && schemaText(body),
    gives: success?.properties?.["data"] && schemaText(success.properties["data"]),
  };
}

/** A schema as a person would write its type. */
export function schemaText(schema: Schema, indent = ""): string {
  const { $ref, type, properties, required = [], items, anyOf, oneOf } = schema;
  if ($ref) return $ref.split("/").at(-1)!;
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  const choice = anyOf ?? oneOf;
  if (choice) return [...new Set(choice.map((each) => schemaText(each, indent)))].join(" | ");
  if (items) return `${schemaText(items, indent)}[]`;
  if (!properties) return Array.isArray(type) ? type.join(" | ") : (type ?? "any");
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(
    ([key, value]) => `${inner}${key}${required.includes(key) ? "" : "?"}: ${schemaText(value, inner)}`,
  );
  return lines.length > 0 ? `{\n${lines.join("\n")}\n${indent}}` : "{}";
}
