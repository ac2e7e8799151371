import { INPUT_BYTES } from "@appos/shared/terminals";
import { expect, test } from "vitest";
import { returningViewer } from "./returning-viewer.ts";
import type { ViewerLink } from "./viewer-link.ts";

/** A browser whose terminal was forgotten, and the link that it is given once it has said where it is. */
function world() {
  const sent: unknown[] = [];
  const closed: number[] = [];
  const begun: unknown[] = [];
  const passed: unknown[] = [];
  const link: ViewerLink = {
    receive: (text) => void passed.push(JSON.parse(text)),
    receiveBytes: (bytes) => void passed.push(new TextDecoder().decode(bytes)),
    expel: (forGood) => void passed.push(`expelled${forGood ? " for good" : ""}`),
    leave: () => void passed.push("left"),
  };
  const socket = {
    send: (text: string) => void sent.push(JSON.parse(text)),
    sendBytes: () => {},
    close: (code: number) => void closed.push(code),
  };
  const viewer = returningViewer(socket, (at) => (begun.push(at), link));
  const says = (frame: object) => viewer.receive(JSON.stringify(frame));
  const types = (text: string) => viewer.receiveBytes(new TextEncoder().encode(text));
  return { sent, closed, begun, passed, viewer, says, types };
}
const at = { type: "at", after: 7, cols: 90, rows: 30 };

test("it is asked where it is, and what it types meanwhile waits, in its order", () => {
  const { sent, begun, passed, says, types } = world();
  expect(sent).toEqual([{ type: "where" }]);
  types("l");
  // Of what it had read before it was asked nothing counts.
  says({ type: "read", bytes: 5 });
  types("s\n");
  says({ type: "end" });
  expect(begun).toEqual([]);
  says(at);
  expect(begun).toEqual([at]);
  types("x");
  says({ type: "read", bytes: 1 });
  expect(passed).toEqual(["l", "s\n", { type: "end" }, "x", { type: "read", bytes: 1 }]);
});

test("one that says nonsense, or types more than a terminal takes, is put out", () => {
  const nonsense = world();
  nonsense.says({ type: "sudo" });
  expect([nonsense.closed, nonsense.begun]).toEqual([[4000], []]);
  const flood = world();
  flood.types("x".repeat(INPUT_BYTES + 1));
  flood.says(at);
  expect([flood.closed, flood.begun]).toEqual([[4000], []]);
});

test("one who may look on no longer is put out though it has not answered, and one who has gone is forgotten", () => {
  const expelled = world();
  expelled.viewer.expel(true);
  expect(expelled.passed).toEqual(["expelled for good"]);
  const gone = world();
  gone.viewer.leave();
  gone.says(at);
  expect([gone.begun, gone.passed]).toEqual([[], []]);
});
