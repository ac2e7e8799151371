import { danger } from "../plan.ts";
import { map, type Part, type ServiceRule, text } from "./model.ts";

/** Whether anybody would notice that a service does not work. */
export const health: ServiceRule = ({ name, definition }, model) => {
  if (isChecked(definition) || endsByItself(name, definition, model)) return [];
  const message = `${name} has no health check, so it counts as well as soon as it has stayed up for a moment.`;
  return [
    danger("no-healthcheck", {
      service: name,
      message,
      remedy: "Add healthcheck with a test that asks the service something, unless its image brings one.",
    }),
  ];
};

function isChecked({ healthcheck, extends: base }: Part): boolean {
  const { test, disable } = map(healthcheck);
  if (disable === true) return false;
  if (test === undefined || test === null) return base !== undefined;
  const words = Array.isArray(test) ? test.map(text) : [text(test)];
  return words.length > 0 && words[0] !== "NONE" && words[0] !== "";
}

/** What others wait for until it has ended well runs once. */
function endsByItself(name: string, { restart }: Part, model: Part): boolean {
  const awaited = Object.values(map(model.services)).some(
    (other) => text(map(map(map(other).depends_on)[name]).condition) === "service_completed_successfully",
  );
  return awaited || text(restart) === "no" || text(restart).startsWith("on-failure");
}
