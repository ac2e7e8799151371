import { answer, clock, connection, enrollment, names, upgrade } from "./control-plane.ts";
import type { Check } from "./check.ts";
import { authentication } from "./authentication.ts";
import { compose, disk, docker, journal, policy } from "./machine.ts";

/** In the order in which one needs the other. */
export const checks: Check[] = [
  enrollment,
  names,
  connection,
  answer,
  clock,
  upgrade,
  authentication,
  docker,
  compose,
  disk,
  journal,
  policy,
];
