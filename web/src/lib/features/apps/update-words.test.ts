import { expect, test } from "vitest";
import { settingsWords, shortDigest, updateTitle } from "./update-words.ts";

const update = (service: string) => ({ service, image: "x:1", from: "a", to: "b", seenAt: 0 });

test("what is newer is named by its services", () => {
  expect(updateTitle([update("web")])).toBe("There is a newer image for web.");
  expect(updateTitle([update("web"), update("db"), update("cache")])).toBe("There are newer images for web, db and cache.");
});

test("a window is said as people say it", () => {
  const window = { mode: "window" as const, from: "23:00", to: "04:00", timezone: "Europe/Berlin" };
  expect(settingsWords({ ...window, days: ["sat", "sun"] })).toContain(
    "on Saturday and Sunday between 23:00 and 04:00 of the next day, Europe/Berlin",
  );
  expect(settingsWords({ ...window, to: "23:30", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] })).toContain(
    "every day between 23:00 and 23:30, ",
  );
});

test("a digest is told by its beginning", () => expect(shortDigest(`sha256:${"ab".repeat(32)}`)).toBe("abababababab"));
