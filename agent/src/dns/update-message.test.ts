import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { sign, verify } from "./tsig.ts";
import { readAnswer, updateMessage } from "./update-message.ts";

const key = { keyName: "appos", algorithm: "hmac-sha256", secret: Buffer.from("a secret").toString("base64") } as const;
const hex = (text: string) => text.replaceAll(/\s/g, "");
const change = { id: 0x1234, zone: "Example.test", name: "_acme-challenge.a.example.test", value: "abc", ttl: 60 } as const;
const zone = "07 6578616d706c65 04 74657374 00";
const name = `0f ${Buffer.from("_acme-challenge").toString("hex")} 01 61 ${zone}`;
const head = (updates: string) => hex(`1234 2800 0001 0000 ${updates} 0000 ${zone} 0006 0001`);

test("a change of a zone is written as RFC 2136 has it", () => {
  const hexOf = (what: "add" | "remove") => Buffer.from(updateMessage({ ...change, what })).toString("hex");
  // Class IN and a time to live; class NONE and none.
  expect(hexOf("add")).toBe(hex(`${head("0001")} ${name} 0010 0001 0000003c 0004 03 616263`));
  expect(hexOf("remove")).toBe(hex(`${head("0001")} ${name} 0010 00fe 00000000 0004 03 616263`));
});

/** Signed as section 4.3 of RFC 8945 has it, by other means than what is tested. */
const variables = (time: string, error = "0000", other = "") =>
  hex(
    `05 6170706f73 00 00ff 00000000 0b ${Buffer.from("hmac-sha256").toString("hex")} 00 ${time} 012c ${error} ${(hex(other).length / 2).toString(16).padStart(4, "0")} ${other}`,
  );
const macOf = (text: string) =>
  createHmac("sha256", "a secret")
    .update(Buffer.from(hex(text), "hex"))
    .digest("hex");

test("a signature is that of RFC 8945, and stands behind the message", async () => {
  const plain = updateMessage({ ...change, what: "add" });
  const { message, mac } = await sign(plain, key, 1_700_000_000_500);
  const text = Buffer.from(plain).toString("hex");
  expect(Buffer.from(mac).toString("hex")).toBe(macOf(`${text} ${variables("00006553f100")}`));
  expect(readAnswer(message).additional).toMatchObject([{ type: 250, at: plain.length, end: message.length }]);
});

/** What a server answers, signed or not. */
function answer({ rcode = "0", error = "0000", other = "", mac }: { rcode?: string; error?: string; other?: string; mac?: string }) {
  const body = hex(`1234 a80${rcode} 0000 0000 0000 0000`);
  const whole = hex(mac ?? macOf(`0020 ${requestMac} ${body} ${variables("00006553f100", error, other)}`));
  const data = hex(
    `0b ${Buffer.from("hmac-sha256").toString("hex")} 00 00006553f100 012c ${(whole.length / 2).toString(16).padStart(4, "0")} ${whole} 1234 ${error} ${(hex(other).length / 2).toString(16).padStart(4, "0")} ${other}`,
  );
  const record = hex(`05 6170706f73 00 00fa 00ff 00000000 ${(data.length / 2).toString(16).padStart(4, "0")} ${data}`);
  return Uint8Array.from(Buffer.from(`${body.slice(0, 20)}0001${record}`, "hex"));
}
const requestMac = "11".repeat(32);
const judged = (bytes: Uint8Array) => verify(bytes, readAnswer(bytes), key, Uint8Array.from(Buffer.from(requestMac, "hex")));

test("an answer is believed from whoever has the key, for this request, and from nobody else", async () => {
  expect(await judged(answer({}))).toEqual({ error: 0, isSigned: true, serverTime: undefined });
  expect(await judged(answer({ mac: "22".repeat(32) }))).toMatchObject({ isSigned: false });
  expect(await judged(answer({ mac: macOf(`${hex("1234 a800 0000 0000 0000 0000")} ${variables("00006553f100")}`) }))).toMatchObject({
    isSigned: false,
  });
  const unsigned = Uint8Array.from(Buffer.from(hex("1234 a805 0000 0000 0000 0000"), "hex"));
  expect([readAnswer(unsigned).rcode, await judged(unsigned)]).toEqual([5, { error: 0, isSigned: false, serverTime: undefined }]);
  expect(await judged(answer({ rcode: "9", error: "0012", other: "000065540000" }))).toEqual({
    error: 18,
    isSigned: true,
    serverTime: 0x65540000,
  });
  expect(await judged(answer({ rcode: "9", error: "0011", mac: "" }))).toMatchObject({ error: 17, isSigned: false });
});

test("what is cut off anywhere is no answer", async () => {
  const whole = answer({});
  for (let length = 0; length < whole.length; length++) expect(() => readAnswer(whole.slice(0, length)), String(length)).toThrow();
});
