/** What a colour means: well, in motion, needs a look, failed, at rest. */
export type Tone = "ok" | "busy" | "warn" | "bad" | "idle";
