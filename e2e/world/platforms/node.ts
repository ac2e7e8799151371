import { controlPlane } from "../control-plane.ts";
import type { Platform } from "./platform.ts";

/** One Node process with its embedded database, as `npm start` runs it. */
export const node: Platform = async (env) => {
  const controls = await controlPlane({ setUp: false, env: { APPOS_LOCAL_AGENT: "off", ...env } });
  return { ...controls, urls: [controls.url] };
};
