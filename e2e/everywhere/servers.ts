import { createHash, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { closeCodes, FRAME_BYTES } from "@appos/shared/agent-link";
import type { Page } from "@appos/shared/envelope";
import type { TimelineView } from "@appos/shared/servers";
import type { WorldWithServer } from "../world/anywhere.ts";
import { api } from "../world/api.ts";
import { isUp } from "../world/control-plane.ts";
import { enrolledByHand, falseAgent, type Identity } from "../world/false-agent.ts";
import { NotLetIn } from "../world/terminal.ts";
import { until } from "../world/until.ts";

export const serverStories = (w: WorldWithServer) =>
  describe("servers and their agents", { concurrent: false }, () => {
    let { controls, admin, local } = w;
    let tokyo: Identity;

    beforeAll(async () => {
      ({ controls, admin, local } = w);
      tokyo = await enrolledByHand(admin, "tokyo");
    });

    const turnedAway = (url: string, who: Identity) =>
      falseAgent(url, who).then(
        () => 101,
        (error: unknown) => (error instanceof NotLetIn ? error.status : Promise.reject(error as Error)),
      );

    test("the agent is there for a new server, as the installer expects it", async () => {
      for (const url of controls.urls) {
        const installer = await (await fetch(`${url}/install.sh`)).text();
        expect(installer).toContain(controls.url);
        const [sum] = /\b[0-9a-f]{64}\b/.exec(installer) ?? [];
        const archive = await fetch(`${url}/agent/appos-agent-linux-${process.arch}.tar.gz`);
        expect(archive.status).toBe(200);
        const bytes = Buffer.from(await archive.arrayBuffer());
        expect(createHash("sha256").update(bytes).digest("hex")).toBe(sum);
        expect(archive.headers.get("content-length")).toBe(String(bytes.length));
      }
    });

    test("an enrollment token is good for one server, once", async () => {
      const { enrollment } = await admin.addServer("nagoya");
      const nobody = api(controls.url);
      const enroll = (token: string) => nobody.post("agent/enroll", { token, publicKey: "A".repeat(43) });
      await expect(enroll("enroll_guessed")).rejects.toMatchObject({ status: 401, code: "INVALID_ENROLLMENT_TOKEN" });
      const both = await Promise.allSettled([enroll(enrollment.token), enroll(enrollment.token)]);
      expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      await expect(enroll(enrollment.token)).rejects.toMatchObject({ status: 401, code: "ENROLLMENT_TOKEN_USED" });
      expect(await admin.server("nagoya")).toMatchObject({ presence: "added", linked: false });
    });

    test("who has not proved itself says nothing that counts, and who says what cannot be read is shown out", async () => {
      for (const [frame, code] of [
        [{ type: "terminals", open: [], ended: [] }, closeCodes.unproven],
        ["no JSON", closeCodes.malformed],
        [{ type: "hello", protocol: 99, serverId: tokyo.serverId, nonce: "A".repeat(43), agentVersion: "0" }, closeCodes.version],
      ] as const) {
        const socket = await falseAgent(controls.url, tokyo);
        socket.says(frame);
        expect(await socket.closed).toBe(code);
      }
      const impostor = { ...tokyo, key: (await enrolledByHand(admin, "kobe")).key };
      const socket = await falseAgent(controls.url, impostor);
      await socket.proves();
      expect(await socket.closed).toBe(closeCodes.unproven);
      expect(
        await turnedAway(controls.url, { ...tokyo, serverId: tokyo.serverId.replace(/.$/, (last) => (last === "0" ? "1" : "0")) }),
      ).toBe(403);
      expect(await admin.server("tokyo")).toMatchObject({ presence: "added", linked: false });
    });

    test("a frame that is too large ends its link, a frame from the future does not", async () => {
      const socket = await falseAgent(controls.url, tokyo);
      await socket.joins();
      socket.says({ type: "from-the-future", pad: "x".repeat(FRAME_BYTES - 100) });
      socket.says("ping");
      await until("the server is linked", async () => (await admin.server("tokyo")).linked);
      expect(socket.isOpen()).toBe(true);
      socket.says({ type: "from-the-future", pad: "x".repeat(FRAME_BYTES) });
      // Its word may be lost on the wire: what was not read makes the other end break off.
      expect([1009, 1006]).toContain(await socket.closed);
    });

    test("of two links with one key the newest counts, and a proof that comes late over an older socket fences nobody", async () => {
      const late = await falseAgent(controls.url, tokyo);
      const prove = await late.greets();
      const silent = await falseAgent(controls.url, tokyo, { silent: true });
      const { epoch } = await silent.joins();
      prove();
      expect(await late.closed).toBe(closeCodes.stale);
      expect(silent.isOpen()).toBe(true);

      // Gone without a word: the next one takes its place.
      const next = await falseAgent(controls.url, tokyo);
      expect((await next.joins()).epoch).toBeGreaterThan(epoch);
      expect(await silent.closed).toBe(closeCodes.stale);
      expect(await admin.server("tokyo")).toMatchObject({ presence: "up", linked: true });
      next.close();
    });

    test("an agent with a copied key is turned away and told of, and the real one keeps its link", async () => {
      const { serverId, controlPlaneId, privateKey } = JSON.parse(readFileSync(join(local.home, "agent.json"), "utf8")) as Record<
        string,
        string
      >;
      const key = createPrivateKey({ key: Buffer.from(privateKey!, "base64url"), format: "der", type: "pkcs8" });
      const copy = { serverId: serverId!, controlPlaneId: controlPlaneId!, key };
      for (const url of controls.urls) {
        const socket = await falseAgent(url, copy);
        await socket.proves();
        expect(await socket.closed).toBe(closeCodes.copied);
      }
      const { items } = await admin.get<Page<TimelineView>>("servers/local/timeline");
      expect(items[0]).toMatchObject({ what: "copied", why: expect.stringContaining("enroll the copy") });
      expect(await isUp(admin, "local")).toBeTruthy();
    });

    test("a server that is removed is out within five seconds, and its key opens nothing any more", async () => {
      const sockets = await Promise.all(controls.urls.map((url) => falseAgent(url, tokyo)));
      await sockets[0]!.joins();
      await until("it is linked", async () => (await admin.server("tokyo")).linked);
      const began = Date.now();
      await admin.delete("servers/tokyo");
      for (const { closed } of sockets) expect(await closed).toBe(closeCodes.revoked);
      expect(Date.now() - began).toBeLessThan(5_000);
      for (const url of controls.urls) expect(await turnedAway(url, tokyo)).toBe(403);
      await expect(admin.server("tokyo")).rejects.toMatchObject({ status: 404 });
    });
  });
