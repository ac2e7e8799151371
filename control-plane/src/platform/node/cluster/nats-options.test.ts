import { expect, test } from "vitest";
import { natsOptions } from "./nats-options.ts";

test("an address says where, as whom, and whether by TLS", () => {
  const first = natsOptions(["nats://appos:p%40ss@10.0.0.3:4222", "nats://10.0.0.4:4222"], "one");
  expect(first).toMatchObject({ servers: ["10.0.0.3:4222", "10.0.0.4:4222"], user: "appos", pass: "p@ss" });
  expect(first).not.toHaveProperty("tls");
  expect(natsOptions(["tls://a-token@nats.example.org"], "two")).toMatchObject({
    servers: ["nats.example.org"],
    token: "a-token",
    tls: {},
  });
  expect(natsOptions(["nats://10.0.0.3"], "three")).not.toHaveProperty("user");
});

test("who is connected once is connected again for ever", () => {
  expect(natsOptions(["nats://10.0.0.3"], "one")).toMatchObject({ maxReconnectAttempts: -1, ignoreAuthErrorAbort: true });
});
