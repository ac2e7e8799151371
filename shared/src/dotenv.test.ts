import { expect, test } from "vitest";
import { parseDotenv, printDotenv } from "./dotenv.ts";

const values = (text: string) => Object.fromEntries(parseDotenv(text).entries.map(({ key, value }) => [key, value]));

test("values are read as Compose reads them", () => {
  const text = [
    "# a comment",
    "",
    "PLAIN=a b  # said of it",
    "export EXPORTED = x",
    "YAML: y",
    "HASH=a#b",
    "EMPTY=",
    "SINGLE='a $b \\n #c'",
    'DOUBLE="a\\n\\"b\\" \\$c \\\\"',
    "LINES='one",
    "two'",
    "URL=postgres://${PLAIN}@db/${NONE:-app}",
    "PRICE=5$$",
    "WINDOWS=x\r",
    "",
  ].join("\n");
  expect(values(text)).toEqual({
    PLAIN: "a b",
    EXPORTED: "x",
    YAML: "y",
    HASH: "a#b",
    EMPTY: "",
    SINGLE: "a $b \\n #c",
    DOUBLE: 'a\n"b" $c \\',
    LINES: "one\ntwo",
    URL: "postgres://a b@db/app",
    PRICE: "5$",
    WINDOWS: "x",
  });
});

test("what is wrong is said with its line", () => {
  expect(parseDotenv("A=1\nnot a variable\n\nB='x\n").problems).toEqual([
    { line: 2, message: "This is no variable. Write NAME=value." },
    { line: 4, message: "B opens a ' that is never closed." },
  ]);
  expect(parseDotenv("A='1' 2").problems).toEqual([{ line: 1, message: "A has text after its closing '." }]);
  expect(parseDotenv("A.B=1").problems[0]).toMatchObject({ line: 1 });
});

test("a dollar that names no variable stays, and is spoken of", () => {
  const file = parseDotenv("PASSWORD=pa$word\nALONE");
  expect(file.entries).toEqual([{ key: "PASSWORD", value: "pa$word", line: 1 }]);
  expect(file.notes.map(({ message }) => message)).toEqual([
    "PASSWORD: $word is no variable of this file, so it was taken as it stands.",
    "ALONE has no value here, so it was left out.",
  ]);
});

test("of a name that is there twice, the later counts", () => {
  expect(values("A=1\nA=2")).toEqual({ A: "2" });
});

test("what is printed is read back as it was", () => {
  const awkward = [
    "",
    " ",
    "a b",
    "it's",
    'say "so"',
    "$HOME",
    "${X}",
    "a\\",
    "\\n",
    "#",
    "a #b",
    "line\nline",
    "\t",
    "é 🙂",
    "a\r\nb",
    "'\\\"$",
    '{"a": [1]}',
  ];
  const entries = awkward.map((value, i) => ({ key: `V${i}`, value }));
  expect(parseDotenv(printDotenv(entries)).entries.map(({ value }) => value)).toEqual(awkward);
});
