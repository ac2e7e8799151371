import { expect, test } from "vitest";
import { whereabouts } from "./whereabouts.ts";

const OLD = "https://old.example.org";
const NEW = "https://new.example.org";

function place() {
  const kept: [string, string][] = [];
  const allowed = (url: string) => {
    if (!url.startsWith("https://")) throw new Error(`${url} is not encrypted.`);
    return new URL(url).origin;
  };
  return { kept, ...whereabouts(OLD, allowed, async (url, from) => void kept.push([url, from])) };
}

test("an address that may not be dialled is not, and the reason is said", () => {
  const { next, moved, down } = place();
  next();
  moved("http://new.example.org");
  expect(down("The control plane has moved to http://new.example.org")).toBe(
    "The control plane has moved to http://new.example.org, where this agent does not go. http://new.example.org is not encrypted.",
  );
  expect(next()).toBe(OLD);
  expect(down("Nothing listens there")).toBe("Nothing listens there");
});

test("a control plane that sends agents back to itself keeps them", () => {
  const { next, moved, down } = place();
  next();
  moved(`${OLD}/`);
  expect(down("It has moved")).toContain("where this agent comes from");
  moved(NEW);
  expect(next()).toBe(NEW);
  moved(OLD);
  down("It has moved");
  expect(next()).toBe(OLD);
});

test("a new place that does not let the server in is tried once, and again when the old one says so again", () => {
  const { next, moved, down, kept } = place();
  for (let round = 0; round < 3; round++) {
    expect(next()).toBe(OLD);
    moved(`${NEW}/`);
    expect(down("It has moved")).toBe("It has moved");
    expect(next()).toBe(NEW);
    expect(down("Nothing listens there")).toBe(
      `The control plane has moved to ${NEW}, which did not let this server in: Nothing listens there`,
    );
  }
  expect(next()).toBe(OLD);
  expect(kept).toEqual([]);
});

test("a new place that lets the server in is kept, once", async () => {
  const { next, moved, down, letIn, kept } = place();
  next();
  moved(NEW);
  down("It has moved");
  next();
  await letIn();
  down("The control plane stops");
  expect(next()).toBe(NEW);
  await letIn();
  expect(kept).toEqual([[NEW, OLD]]);
});

test("a control plane that has moved on from there is followed", async () => {
  const { next, moved, down, letIn, kept } = place();
  next();
  moved(NEW);
  down("It has moved");
  next();
  moved("https://third.example.org");
  down("It has moved");
  expect(next()).toBe("https://third.example.org");
  await letIn();
  expect(kept).toEqual([["https://third.example.org", OLD]]);
});

test("being let in where it was before changes nothing", async () => {
  const { next, letIn, kept } = place();
  next();
  await letIn();
  expect(kept).toEqual([]);
});
