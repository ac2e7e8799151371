import { expect, test } from "vitest";
import { controlPlaneUrl, proxyFor } from "./outbound.ts";

test.each([
  "http://10.0.0.1:9091",
  "http://localhost.example.org",
  "ftp://x",
  "nonsense",
  "https://user:pass@x.test",
  "http://127.0.0.1.evil.test",
])("%s is refused as an address of a control plane", (text) => expect(() => controlPlaneUrl(text)).toThrow());

test.each(["https://appos.example.org", "http://127.0.0.1:9091", "http://localhost:9091", "http://[::1]:9091"])(
  "%s is an address of a control plane",
  (text) => expect(controlPlaneUrl(text).href).toContain(text),
);

test("the proxy of the environment is used, except for what it leaves out and for this machine", () => {
  const env = { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: ".internal,only.test" };
  const through = (url: string) => proxyFor(new URL(url), env)?.host;
  expect(through("https://appos.example.org")).toBe("proxy:3128");
  expect(through("https://appos.internal")).toBeUndefined();
  expect(through("https://only.test")).toBeUndefined();
  expect(through("http://127.0.0.1:9091")).toBeUndefined();
});
