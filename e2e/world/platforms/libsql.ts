import { sqld } from "../sqld.ts";
import { node } from "./node.ts";
import type { Platform } from "./platform.ts";

/** One Node process whose database is a libSQL server. */
export const libsql: Platform = async (env) => node({ APPOS_DATABASE_URL: await sqld(), ...env });
