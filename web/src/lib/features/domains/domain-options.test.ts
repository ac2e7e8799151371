import { expect, test } from "vitest";
import { draftOf, limitProblem, nextId, optionsAsked, optionWords } from "./domain-options.ts";
import { changesOf } from "./domain-changes.ts";

const plain = { access: null, headers: [], hsts: false, maxBodyMb: null, compress: true, downPage: null };
const full = {
  access: { users: [{ name: "ada" }, { name: "bob" }], networks: ["10.0.0.0/8", "::1"] },
  headers: [{ name: "Server", value: "" }],
  hsts: true,
  maxBodyMb: 20,
  compress: false,
  downPage: "<p>Back soon",
};

test("what is opened and saved as it is asks for what is there already", () => {
  for (const options of [plain, full]) {
    expect(optionsAsked(draftOf(options))).toEqual(options);
    const target = { service: "web", port: 80, https: "acme", forceHttps: true, www: false } as const;
    expect(changesOf({ ...target, ...options }, { ...target, ...optionsAsked(draftOf(options)) })).toEqual({});
  }
  expect(optionsAsked(draftOf(undefined))).toEqual(plain);
});

test("a password is asked for where one was typed, and rows of nothing are none", () => {
  const draft = draftOf(full);
  draft.users[1]!.password = "battery staple";
  draft.users.push({ id: nextId(draft.users), name: "", password: "" });
  draft.headers.push({ id: nextId(draft.headers), name: " ", value: "" });
  const asked = optionsAsked(draft);
  expect(asked.access?.users).toEqual([{ name: "ada" }, { name: "bob", password: "battery staple" }]);
  expect(asked.headers).toEqual(full.headers);
  expect(changesOf({ ...full, service: "web", port: 80, https: "acme", forceHttps: true, www: false }, asked)).toEqual({
    access: asked.access,
  });
});

test("networks are told apart by whatever stands between them", () => {
  expect(optionsAsked({ ...draftOf(undefined), networks: " 10.0.0.1, 10.0.0.2\n\n2001:db8::/32 " }).access).toEqual({
    users: [],
    networks: ["10.0.0.1", "10.0.0.2", "2001:db8::/32"],
  });
});

test("an upload limit is a whole number", () => {
  for (const given of ["", " ", "1", "20", "1000000"]) expect(limitProblem(given), given).toBeUndefined();
  for (const given of ["0", "-1", "1.5", "20 MB", "1e3"]) expect(limitProblem(given), given).toBeDefined();
});

test("what a domain is told is said in a few words", () => {
  expect(optionWords(plain)).toEqual([]);
  expect(optionWords(full)).toEqual([
    "only for 2 users",
    "only from 2 networks",
    "1 header",
    "HSTS",
    "uploads up to 20 MB",
    "a page while it is down",
  ]);
});
