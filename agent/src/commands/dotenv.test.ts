import { expect, test } from "vitest";
import { dotenv } from "./dotenv.ts";

test("every variable on a line of its own, whatever is in it", () => {
  expect(
    dotenv([
      { key: "A", value: 'it\'s "1"\n$2\\' },
      { key: "B", value: "" },
    ]),
  ).toBe('A="it\'s \\00421\\0042\\n\\$2\\0134"\nB=""\n');
});
