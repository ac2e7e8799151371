import { afterAll, describe } from "vitest";
import { controlPlaneFaults } from "../chaos/faults/control-plane.ts";
import { databaseFaults } from "../chaos/faults/database.ts";
import { refusalFaults, stormFaults } from "../chaos/faults/front.ts";
import { clockFaults, cloneFaults, diskFaults, limitFaults } from "../chaos/faults/host.ts";
import { journalFaults } from "../chaos/faults/journal.ts";
import { laneFaults } from "../chaos/faults/lanes.ts";
import { wireFaults } from "../chaos/faults/wire.ts";
import { endAll } from "../world/ends.ts";

afterAll(endAll);

/** Each fault once, on real processes. They mostly wait, so the groups run side by side, each in a world of its own. */
describe.concurrent("faults", { timeout: 150_000 }, () => {
  wireFaults();
  stormFaults();
  refusalFaults();
  controlPlaneFaults();
  databaseFaults();
  journalFaults();
  laneFaults();
  diskFaults();
  limitFaults();
  cloneFaults();
  clockFaults();
});
