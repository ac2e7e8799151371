import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { TerminalTicket } from "@appos/shared/terminals";
import type { WorldWithServer } from "../world/anywhere.ts";
import { api } from "../world/api.ts";
import { administrator } from "../world/control-plane.ts";
import { folder } from "../world/places.ts";
import { NotLetIn, openTerminal, terminalBy } from "../world/terminal.ts";
import { processesOf, type Terminals, prompted, terminals } from "../world/terminals.ts";
import { until } from "../world/until.ts";

export const terminalLimitStories = (w: WorldWithServer) =>
  describe("what a terminal allows", { concurrent: false }, () => {
    let { controls, admin, local } = w;
    let { app, plain, ended } = {} as Terminals;
    let work: string;

    beforeAll(async () => {
      ({ controls, admin, local } = w);
      ({ app, plain, ended } = await terminals(w));
      work = folder("terminal");
    });

    test("a ticket lets one socket in, once, at its own address, from our own pages", async () => {
      const ask = () => admin.post<TerminalTicket>("servers/local/terminal");
      const refused = async (...args: Parameters<typeof terminalBy>) =>
        terminalBy(...args).then(
          () => 101,
          (error: unknown) => (error instanceof NotLetIn ? error.status : Promise.reject(error as Error)),
        );
      const used = await ask();
      const first = await terminalBy(controls.url, used);
      await prompted(first);
      expect(await refused(controls.url, used)).toBe(401);
      expect(await refused(controls.url, { ticket: "guessed", session: "" })).toBe(401);
      expect(await refused(controls.url, await ask(), { path: `apps/${app}` })).toBe(401);
      for (const origin of ["https://evil.example", "null", `${controls.url}.evil.example`, controls.url.replace(/\d+$/, "1")])
        expect(await refused(controls.url, await ask(), {}, { origin }), origin).toBe(403);
      expect(await refused(controls.url, await ask(), {}, { origin: undefined })).toBe(101);
      expect(await refused(controls.url, await ask(), {}, { protocol: "chat" })).toBe(400);
      first.say({ type: "end" });
    });

    test("nobody attaches to another's terminal, and a viewer opens none", async () => {
      const grace = { email: "grace@example.org", name: "Grace", password: "a second pair of hands" };
      const { id } = await admin.post<{ id: string }>("users", { ...grace, role: "admin" });
      const other = await api(controls.url).signIn(grace);
      const mine = await plain();
      await expect(openTerminal(other, { session: mine.session })).rejects.toMatchObject({ status: 404, code: "NOT_FOUND" });
      await admin.post("users", { email: "vito@example.org", name: "Vito", password: "watches but never touches", role: "viewer" });
      const viewer = await api(controls.url).signIn({ email: "vito@example.org", password: "watches but never touches" });
      await expect(openTerminal(viewer)).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });

      // Who is removed is out within seconds, and the shell with them.
      const hers = await openTerminal(other);
      await prompted(hers);
      await admin.delete(`users/${id}`);
      // By the end of the shell, or by being shown out, whichever is first.
      const closed = await Promise.race([hers.closed, sleep(6_000)]);
      expect([1000, 4104]).toContain((closed as { code: number } | undefined)?.code);
      await until("her shell is gone", () => processesOf(hers.session).length === 0);
      mine.say({ type: "end" });
    });

    test("who signs out is out within seconds; the terminal is found again by who signs in", async () => {
      const again = await api(controls.url).signIn(administrator);
      const terminal = await openTerminal(again);
      await prompted(terminal);
      await again.post("auth/logout");
      expect(await Promise.race([terminal.closed, sleep(6_000)])).toMatchObject({ code: 4104 });
      const back = await openTerminal(admin, { session: terminal.session });
      await back.frame("ready");
      back.say({ type: "end" });
    });

    test("a flood of 30 MB arrives whole, and another terminal answers meanwhile", async () => {
      const file = join(work, "flood");
      const line = (i: number) => `${String(i).padStart(8, "0")} ${"0123456789".repeat(7)}\n`;
      writeFileSync(file, Array.from({ length: 375_000 }, (_, i) => line(i)).join(""));
      const [flood, calm] = [await plain(), await plain()];
      const before = flood.bytes();
      flood.types(`stty -opost; cat ${file}; echo ov''er\n`);
      let waits: number[] = [];
      for (let i = 0; i < 20; i++) {
        const at = performance.now();
        calm.types(`echo an''swer ${i}.\n`);
        await calm.shows(new RegExp(`answer ${i}\\.`));
        waits = [...waits, performance.now() - at].toSorted((a, b) => a - b);
      }
      expect(waits[10]).toBeLessThan(500);
      await flood.shows(/over/, 30_000);
      // The shell itself says a few bytes about how it wants to be pasted into.
      expect(flood.bytes() - before - 30e6).toBeLessThan(100);
      const numbers = [...flood.text().matchAll(/^(\d{8}) (0123456789){7}$/gm)].map(([, number]) => Number(number));
      expect(numbers.length).toBeGreaterThan(45_000);
      expect(numbers).toEqual(numbers.map((_, i) => 375_000 - numbers.length + i));
      calm.say({ type: "end" });
      flood.say({ type: "end" });
    });

    test("a reader that stops stops the program, and no memory grows; gone, it goes on", async () => {
      const agent = local.pid();
      const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent}/status`, "utf8"))?.[1]) / 1024;
      const terminal = await plain();
      const count = join(work, "count");
      const before = memory();
      terminal.stopReading();
      terminal.types(`i=0; while :; do i=$((i+1)); printf '%01024d' $i; echo $i > ${count}; done\n`);
      const counted = () => Number(readFileSync(count, "utf8") || 0);
      await until("it has begun", () => counted() > 100);
      let last = -1;
      await until("it waits", async () => {
        const now = counted();
        const stands = now > 0 && now === last;
        last = now;
        await sleep(300);
        return stands;
      });
      expect(terminal.bytes()).toBeLessThanOrEqual(256 * 1024 + 10_000);
      expect(counted()).toBeLessThan(2_000);
      expect(memory() - before).toBeLessThan(25);
      terminal.readOn();
      await until("it goes on", () => counted() > last + 100);
      const session = terminal.session;
      terminal.stopReading();
      terminal.cut();
      const left = counted();
      await until("with nobody there it does not wait", () => counted() > left + 3_000);
      expect(memory() - before).toBeLessThan(25);
      (await openTerminal(admin, { session })).say({ type: "end" });
      await ended(session);
    });

    test("a paste of half a megabyte arrives whole in a program that echoes it all", async () => {
      const terminal = await plain();
      const target = join(work, "pasted");
      rmSync(target, { force: true });
      const paste = Buffer.alloc(512 * 1024, `${"paste".repeat(15)}\n`);
      terminal.types(`stty raw -echo; echo go''on; head -c ${paste.length} | tee ${target}; stty sane; echo pas''ted\n`);
      await terminal.shows(/goon/);
      terminal.types(paste);
      await terminal.shows(/pasted/, 30_000);
      expect(execFileSync("cmp", ["-", target], { input: paste }).length).toBe(0);
      terminal.say({ type: "end" });
    });
  });
