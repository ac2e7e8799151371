import { expect, test } from "vitest";
import { Template } from "@appos/shared/templates";
import { versionAfter } from "./version-after.ts";

const template = (version: string, compose = "services: {}") =>
  Template.parse({ id: "src_1:a", name: "A", version, description: "d", categories: ["tools"], compose });
const before = (version: string, compose?: string) => ({ version, template: JSON.stringify(template(version, compose)) });

test("what has changed under the same version is another one, and goes on being that", () => {
  expect(versionAfter(template("1.27"), undefined)).toBe("1.27");
  expect(versionAfter(template("1.27"), before("1.27"))).toBe("1.27");
  expect(versionAfter(template("1.27", "x"), before("1.27"))).toBe("1.27+2");
  expect(versionAfter(template("1.27", "x"), before("1.27+2", "x"))).toBe("1.27+2");
  expect(versionAfter(template("1.27", "y"), before("1.27+2", "x"))).toBe("1.27+3");
  expect(versionAfter(template("1.28", "y"), before("1.27+2", "x"))).toBe("1.28");
  expect(versionAfter(template("1.27"), { version: "1", template: null })).toBe("1.27");
});
