import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TerminalTicket } from "@appos/shared/terminals";
import type { Api } from "../world/api.ts";
import { type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { endAll } from "../world/ends.ts";
import { openTerminal, terminalBy } from "../world/terminal.ts";
import { prompted, terminals } from "../world/terminals.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let app: string;

beforeAll(async () => {
  ({ controls, admin } = await controlPlaneWithServer());
  ({ app } = await terminals({ admin }));
});

test("a page of the same host by another protocol is another page", async () => {
  const ticket = await admin.post<TerminalTicket>("servers/local/terminal");
  const origin = controls.url.replace("http:", "https:");
  await expect(terminalBy(controls.url, ticket, {}, { origin })).rejects.toMatchObject({ status: 403 });
});

test("the server's policy has the last word", async () => {
  const file = join(controls.dataDir, "agent/policy.yaml");
  const before = readFileSync(file, "utf8");
  writeFileSync(file, "terminals: {host: false, exec: true}\n", { mode: 0o600 });
  try {
    // Before the control plane knows of it, the agent itself refuses.
    const early = await openTerminal(admin).catch((error: { code: string; details: unknown }) => error);
    if ("frame" in early) expect(await early.frame("error")).toMatchObject({ code: "POLICY_REFUSED" });
    else expect(early).toMatchObject({ code: "POLICY_REFUSED", details: { rule: "host-terminal" } });
    const allowed = await openTerminal(admin, { path: `apps/${app}`, service: "web" });
    await allowed.frame("ready");
    allowed.say({ type: "end" });
    await until(
      "the control plane knows",
      () =>
        openTerminal(admin).then(
          () => false,
          (error: { status: number; details: unknown }) => error.status === 403,
        ),
      20_000,
    );
  } finally {
    writeFileSync(file, before, { mode: 0o600 });
  }
  await until(
    "it is allowed again",
    async () => {
      const terminal = await openTerminal(admin).catch(() => undefined);
      if (!terminal) return false;
      await prompted(terminal);
      terminal.say({ type: "end" });
      return true;
    },
    20_000,
  );
});
