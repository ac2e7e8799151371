import { expect, test } from "vitest";
import { valueLooksSecret } from "./secret-names.ts";

test.each(["postgres://app:s3cret@db:5432/app", "redis://:pw@cache", "amqps://u:p@ss@mq", "-----BEGIN RSA PRIVATE KEY-----\nx"])(
  "%s lets in whoever has it",
  (value) => expect(valueLooksSecret(value)).toBe(true),
);
test.each(["postgres://app@db/app", "https://example.com:8080/a@b", "ada@example.com", "plain"])("%s does not", (value) =>
  expect(valueLooksSecret(value)).toBe(false),
);
