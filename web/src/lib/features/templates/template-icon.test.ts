import { expect, test } from "vitest";
import { iconLook, lettersOf } from "./template-icon.ts";

test.each([
  ["WordPress", "WP"],
  ["Home Assistant", "HA"],
  ["ntfy", "Nt"],
  ["n8n", "N8"],
  ["Rocket.Chat", "RC"],
  ["Überwald", "Üb"],
  ["…", "?"],
])("%s is drawn as %s", (name, letters) => {
  expect(lettersOf(name)).toBe(letters);
});

test("an icon is the same wherever the template is from, and what the template says of it counts", () => {
  const look = (id: string, icon = {}) => iconLook({ id, name: "Ghost", icon });
  expect(look("mine:ghost")).toEqual(look("ghost"));
  expect(look("ghost", { letters: "G", hue: 12 })).toMatchObject({ letters: "G", hue: 12 });
});
