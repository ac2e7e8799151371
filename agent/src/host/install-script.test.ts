import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

const script = readFileSync(join(import.meta.dirname, "../../install.sh"), "utf8");

/** Stands for the agent's Node: writes down what it is asked, places the command as `service install` does, and refuses one token. */
const pretender = `#!/bin/sh
echo "$2 $3 $4" >> "$APPOS_PREFIX/asked"
case "$2" in
  enroll) [ "$APPOS_ENROLLMENT_TOKEN" != wrong ] || { echo "This enrollment token is not known." >&2; exit 1; }; mkdir -p "$APPOS_PREFIX/etc/appos"; echo '{}' > "$APPOS_PREFIX/etc/appos/agent.json" ;;
  service) mkdir -p "$APPOS_PREFIX/usr/local/bin"; ln -sf "$0" "$APPOS_PREFIX/usr/local/bin/node"; printf '#!/bin/sh\\nexec %s agent.mjs "$@"\\n' "$0" > "$APPOS_PREFIX/usr/local/bin/appos-agent"; chmod +x "$APPOS_PREFIX/usr/local/bin/appos-agent" ;;
  status) [ -z "$LINK_DOWN" ] ;;
  doctor) echo "FAIL  DNS" ;;
esac
`;

let prefix = "";
let url = "";
let archive = Buffer.alloc(0);
const server = createServer((request, response) => {
  if (!request.url?.startsWith("/agent/appos-agent-linux-")) return response.writeHead(404).end();
  response.end(archive);
});

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "appos-archive-"));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/node"), pretender);
  chmodSync(join(folder, "bin/node"), 0o755);
  writeFileSync(join(folder, "agent.mjs"), "");
  writeFileSync(join(folder, "VERSION"), "1.2.3\n");
  archive = execFileSync("tar", ["-cz", "-C", folder, "."]);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  prefix = mkdtempSync(join(tmpdir(), "appos-install-"));
});

const checksum = () => createHash("sha256").update(archive).digest("hex");
const filledIn = (at = url, sum = checksum()) => script.replace("__APPOS_URL__", at).replace(/__APPOS_SHA256_(X64|ARM64)__/g, sum);

/** Runs the script as `sudo -E sh` does. */
function install(text = filledIn(), env: Record<string, string> = {}, options: string[] = []): Promise<{ code: number; said: string }> {
  const { PATH = "" } = process.env;
  const all = { PATH, APPOS_PREFIX: prefix, APPOS_ENROLLMENT_TOKEN: "enroll_x", APPOS_CONTROL_PLANE_ID: "cp_x", ...env };
  return new Promise((resolve) => {
    const child = execFile("sh", ["-s", "--", ...options], { env: all }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, said: stdout + stderr }),
    );
    child.stdin!.end(text);
  });
}
const nothingInstalled = () => !existsSync(join(prefix, "opt/appos-agent")) && !existsSync(join(prefix, "usr"));
const asRoot = test.skipIf(process.getuid?.() !== 0);

asRoot.each([0.2, 0.5, 0.9, 0.99])("%f of a download does nothing", async (part) => {
  await install(filledIn().slice(0, Math.floor(script.length * part)));
  expect(readdirSync(prefix)).toEqual([]);
});

asRoot("an archive that is not the control plane's is refused", async () => {
  const { code, said } = await install(filledIn(url, "0".repeat(64)));
  expect([code, said]).toEqual([1, expect.stringContaining("not the agent of this control plane")]);
  expect(nothingInstalled()).toBe(true);
});

asRoot("plain http is refused beyond this machine", async () => {
  const { code, said } = await install(filledIn("http://10.0.0.5:9091"));
  expect([code, said]).toEqual([1, expect.stringContaining("is not encrypted")]);
  expect(nothingInstalled()).toBe(true);
});

asRoot("a token that is missing is asked for", async () => {
  const { code, said } = await install(filledIn(), { APPOS_ENROLLMENT_TOKEN: "" });
  expect([code, said]).toEqual([1, expect.stringContaining("keep the -E of sudo")]);
});

asRoot("a token that is refused leaves nothing behind", async () => {
  const { code, said } = await install(filledIn(), { APPOS_ENROLLMENT_TOKEN: "wrong" });
  expect([code, said]).toEqual([1, expect.stringContaining("This enrollment token is not known.")]);
  expect(nothingInstalled()).toBe(true);
});

asRoot(
  "a control plane that cannot be reached is named",
  async () => {
    const { code, said } = await install(filledIn("http://127.0.0.1:1"));
    expect([code, said]).toEqual([1, expect.stringContaining("could not be fetched from http://127.0.0.1:1")]);
    expect(nothingInstalled()).toBe(true);
  },
  30_000,
);

asRoot("the agent is installed, enrolled and started, and the token is in no argument", async () => {
  expect(await install()).toEqual({ code: 0, said: expect.stringContaining("The agent is up.") });
  expect(readdirSync(join(prefix, "opt/appos-agent")).toSorted()).toEqual(["1.2.3", "current"]);
  const asked = readFileSync(join(prefix, "asked"), "utf8");
  expect(asked).toMatch(/enroll --url http[^]*service install [^]*status --wait 30\n$/);
  expect(asked).not.toContain("enroll_x");
});

asRoot("a link that does not come up is said, with what the doctor finds", async () => {
  const { code, said } = await install(filledIn(), { LINK_DOWN: "yes" });
  expect([code, said]).toEqual([1, expect.stringMatching(/not connected yet[^]*FAIL {2}DNS/)]);
});

asRoot("a machine that is enrolled already is left as it is, unless that is given up", async () => {
  await install();
  expect(await install()).toEqual({ code: 1, said: expect.stringContaining("enrolled already") });
  expect((await install(filledIn(), { APPOS_REPLACE: "yes" })).code).toBe(0);
  expect(readFileSync(join(prefix, "asked"), "utf8")).toContain("enroll");
});

asRoot("terminals on the server stay off, unless whoever installs it says otherwise", async () => {
  await install();
  expect(readFileSync(join(prefix, "asked"), "utf8")).not.toContain("policy");
  expect((await install(filledIn(), { APPOS_REPLACE: "yes" }, ["--allow-host-terminal"])).code).toBe(0);
  expect(readFileSync(join(prefix, "asked"), "utf8")).toMatch(/enroll [^]*policy allow host-terminal\nservice install/);
});

asRoot("an option that is not known installs nothing", async () => {
  const { code, said } = await install(filledIn(), {}, ["--allow-everything"]);
  expect([code, said]).toEqual([1, expect.stringContaining("There is no option --allow-everything.")]);
  expect(nothingInstalled()).toBe(true);
});
