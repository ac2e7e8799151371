import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { ActivityView } from "@appos/shared/activity";
import type { Page } from "@appos/shared/envelope";
import type { WorldWithServer } from "../world/anywhere.ts";
import { administrator } from "../world/control-plane.ts";
import { folder } from "../world/places.ts";
import { openTerminal } from "../world/terminal.ts";
import { processesOf, type Terminals, terminals } from "../world/terminals.ts";
import { until } from "../world/until.ts";

export const terminalStories = (w: WorldWithServer) =>
  describe("terminals", { concurrent: false }, () => {
    let { admin } = w;
    let { app, plain, ended } = {} as Terminals;

    beforeAll(async () => {
      ({ admin } = w);
      ({ app, plain, ended } = await terminals(w));
    });

    test("a shell on the server: typed into, resized, and gone with its exit code", async () => {
      const terminal = await plain({ cols: 100, rows: 30 });
      terminal.types("stty size; echo $TERM; id -un; tty\n");
      await terminal.shows(/30 100\s+xterm-256color\s+root\s+\/dev\/pts\/\d+/);
      terminal.say({ type: "resize", cols: 132, rows: 43 });
      terminal.types("stty size\n");
      await terminal.shows(/43 132/);
      // Nothing of the agent's own environment.
      terminal.types("env | grep -c -e APPOS_LOG -e APPOS_AGENT_DIR -e DOCKER; echo co''unted\n");
      await terminal.shows(/\b0\s+counted/);
      terminal.types("exit 7\n");
      expect(await terminal.frame("exit")).toMatchObject({ code: 7, signal: null });
      expect(await terminal.closed).toMatchObject({ code: 1000 });
      const entry = await ended(terminal.session);
      expect(entry).toMatchObject({
        by: administrator.email,
        address: "127.0.0.1",
        appId: null,
        why: expect.stringContaining("exit code 7"),
      });
      const { items } = await admin.get<Page<ActivityView>>("activity");
      expect(items).toContainEqual(expect.objectContaining({ action: "open-host-terminal", by: administrator.email, subject: "local" }));
    });

    test("a shell in a container", async () => {
      const terminal = await plain({ path: `apps/${app}`, service: "web", cols: 90, rows: 20 });
      terminal.types("stty size; echo pid $$; hostname\n");
      await terminal.shows(/20 90\s+pid \d+/);
      terminal.say({ type: "resize", cols: 70, rows: 10 });
      await until("it has its new size", async () => {
        terminal.types("stty size\n");
        return /10 70/.test(terminal.text());
      });
      const [pid] = processesOf(terminal.session);
      terminal.types("sleep 987 & exit 5\n");
      expect(await terminal.frame("exit")).toMatchObject({ code: 5 });
      await until("its whole tree is gone", () => processesOf(terminal.session).length === 0);
      expect(pid).toBeDefined();
      expect(await ended(terminal.session)).toMatchObject({ appName: app, service: "web", by: administrator.email });
    });

    test("a service that does not exist has no terminal", async () => {
      const terminal = await openTerminal(admin, { path: `apps/${app}`, service: "nothing" });
      expect(await terminal.frame("error")).toMatchObject({ code: "NOT_RUNNING" });
      expect(await terminal.closed).toMatchObject({ code: 4103 });
      expect(await ended(terminal.session)).toMatchObject({ why: expect.stringContaining("no container that runs") });
    });

    test("a browser that lost its connection finds the terminal as it left it, and what it missed", async () => {
      const first = await plain();
      first.types("x=kept; for i in $(seq 1 100); do echo tick $i; sleep 0.01; done; echo al''l\n");
      await first.shows(/tick 20\b/);
      first.cut();
      await sleep(500);
      const again = await openTerminal(admin, { session: first.session, after: first.bytes() });
      const ready = await again.frame("ready");
      expect(ready).toMatchObject({ offset: first.bytes(), lost: 0, session: first.session });
      await again.shows(/all/);
      const ticks = [...(first.text() + again.text()).matchAll(/tick (\d+)/g)].map(([, number]) => Number(number));
      expect(ticks).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
      again.types("echo it is $x\n");
      await again.shows(/it is kept/);

      // Reloaded in another tab, the newest has it.
      const third = await openTerminal(admin, { session: first.session });
      await third.shows(/it is kept/);
      expect(await again.frame("error")).toMatchObject({ code: "ELSEWHERE" });
      expect(await again.closed).toMatchObject({ code: 4101 });
      third.say({ type: "end" });
      expect(await third.frame("exit")).toMatchObject({ why: `Ended by ${administrator.email}.` });
      await ended(first.session);
      await expect(openTerminal(admin, { session: first.session })).rejects.toMatchObject({ status: 410, code: "TERMINAL_ENDED" });
    });

    test("what nobody saw is kept up to 1 MiB, and what is lost is counted", async () => {
      const place = folder("unseen");
      const first = await plain();
      const lines = "yes 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde | head -n 50000";
      first.types(`until [ -e ${place}/go ]; do sleep 0.02; done; ${lines}; echo do''ne; touch ${place}/over\n`);
      first.cut();
      const had = first.bytes();
      writeFileSync(join(place, "go"), "");
      await until("all is said", () => existsSync(join(place, "over")));
      const again = await openTerminal(admin, { session: first.session, after: had });
      const { offset, lost } = await again.frame("ready");
      expect(lost).toBeGreaterThan(1_000_000);
      expect(offset).toBe(had + lost);
      await again.shows(/done/);
      expect(again.bytes()).toBe(1024 * 1024);
      again.say({ type: "end" });
    });

    test("the whole tree of a terminal ends with it, whatever its programs do to stay", async () => {
      const terminal = await plain();
      terminal.types(
        "(trap '' HUP TERM INT; sleep 9871) & setsid nohup sleep 9872 >/dev/null 2>&1 & bash -c 'sleep 9873 & disown; sleep 9874' & sleep 0.3; echo ru''n\n",
      );
      await terminal.shows(/run/);
      expect(processesOf(terminal.session).length).toBeGreaterThanOrEqual(5);
      terminal.say({ type: "end" });
      await terminal.frame("exit");
      expect(processesOf(terminal.session)).toEqual([]);
    });
  });
