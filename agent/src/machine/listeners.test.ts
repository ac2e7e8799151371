import { expect, test } from "vitest";
import { listening } from "./listeners.ts";

const row = (local: string, state = "0A") =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 0 0 1 1 0 100 0 0 10 0`;
const table = (...rows: string[]) => ["  sl  local_address rem_address   st", ...rows].join("\n");

test("what listens for all, for itself, or on some address is told apart; what is only connected, and Docker's name server, is not told", () => {
  const v4 = table(row("00000000:0BB8"), row("0100007F:0050"), row("0B00007F:9C41"), row("020011AC:1F90"), row("020011AC:1F91", "01"));
  expect(listening(v4)).toEqual([
    { port: 80, on: "itself" },
    { port: 3000, on: "all" },
    { port: 8080, on: "some" },
  ]);
  const v6 = table(row(`${"0".repeat(32)}:0050`), row(`${"0".repeat(24)}01000000:0051`), row("0000000000000000FFFF00000100007F:0052"));
  expect(listening(v6)).toEqual([
    { port: 80, on: "all" },
    { port: 81, on: "itself" },
    { port: 82, on: "itself" },
  ]);
});
