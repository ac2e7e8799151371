import { afterAll } from "vitest";
import type { WorldWithServer } from "../world/anywhere.ts";
import { endAll } from "../world/ends.ts";
import { setUpStories } from "./set-up.ts";
import { surviveStories } from "./survive.ts";

afterAll(endAll);

// One control plane, from its first start on, and nobody else in it while it is stopped and killed.
const w = {} as WorldWithServer;
setUpStories(w);
surviveStories(w);
