import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "../world/places.ts";

const LIBRARY = ["x86_64", "aarch64"].map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketimeMT.so.1`).find(existsSync);

/** A wall clock for one program, which jumps when it is told. Its monotonic clock goes on as it does. */
export function wallClock() {
  if (!LIBRARY) throw new Error("libfaketime is missing. Install the package libfaketime.");
  const file = join(folder("clock"), "offset");
  const jump = (offset: string) => writeFileSync(file, `${offset}\n`);
  jump("+0");
  return {
    env: { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" },
    /** As libfaketime reads it: "+1h", "-10y". */
    jump,
  };
}
