import type { Tone } from "#lib/ui/tone.ts";
import type { LinkState } from "./terminal-link.ts";

/** What the word tells already. */
const SAID = /^Its program (has|was) ended/;

/** How a terminal stands, in plain words; `where`: the name of its server; `begun`: there is one to come back to. */
export function linkWords(state: LinkState, where: string, begun = true): { tone: Tone; word: string; more?: string } {
  switch (state.is) {
    case "connecting":
      return { tone: "busy", word: "Connecting" };
    case "open":
      return { tone: "ok", word: "Connected" };
    case "away":
      return {
        tone: "warn",
        word: state.error?.code === "UNREACHABLE" ? "The control plane does not answer" : `${where} is away`,
        more: begun ? "Trying again. What runs here goes on meanwhile." : "Trying again.",
      };
    case "elsewhere":
      return { tone: "idle", word: "Opened in another page", more: "It goes on there." };
    case "ended":
      return { tone: state.code ? "bad" : "idle", word: endWord(state), ...(!SAID.test(state.why) && { more: state.why }) };
    case "refused":
      return { tone: "bad", word: "Not opened", more: state.error.message };
  }
}

function endWord({ code, signal }: { code: number | null; signal: string | null }): string {
  if (code !== null) return `Ended with exit code ${code}`;
  return signal === null ? "Ended" : `Ended by ${signal}`;
}
