import { afterAll, beforeAll, describe } from "vitest";
import { type WorldWithServer, worldWithServer } from "../world/anywhere.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { awayStories } from "./away.ts";
import { deployStories } from "./deploy.ts";
import { gateStories } from "./gate.ts";
import { logStories } from "./logs.ts";
import { serverStories } from "./servers.ts";
import { terminalLimitStories } from "./terminal-limits.ts";
import { terminalStories } from "./terminal.ts";

const w = {} as WorldWithServer;
beforeAll(async () => {
  await buildImages();
  Object.assign(w, await worldWithServer());
  // So that whoever deploys an app chooses a server.
  await w.admin.addServer("spare");
});
afterAll(endAll);

/** In one world, three things at a time: what one person does is no matter to another. Within each, one story after the other. */
describe.concurrent("everything at once", () => {
  describe("by browser", () => {
    deployStories(w);
    gateStories(w);
    logStories(w);
  });
  describe("by socket", () => {
    serverStories(w);
    terminalStories(w);
    terminalLimitStories(w);
  });
  describe("by patience", () => awayStories(w));
});
