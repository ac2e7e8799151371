import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { bootId } from "./boot-id.ts";
import { processes } from "./leftovers.ts";
import { endTree } from "./terminal-tree.ts";

/** The first program of a terminal: its session has the same number, and keeps it when that program has ended. */
const Note = z.object({ id: z.string(), pid: z.int().positive(), started: z.number(), boot: z.string().nullable() });
type Note = z.output<typeof Note>;

export type TerminalNotes = ReturnType<typeof terminalNotes>;

const fileIn = (folder: string) => join(folder, "terminals.json");

/** Notes which terminals are open, for the agent that comes after one that was killed: a program may have cleared its mark. */
export function terminalNotes(folder: string) {
  const noted = new Map<string, Note>();
  const boot = bootId();

  function save() {
    try {
      writeFileSync(`${fileIn(folder)}.new`, JSON.stringify([...noted.values()]), { mode: 0o600 });
      renameSync(`${fileIn(folder)}.new`, fileIn(folder));
    } catch {
      // The disk is full, perhaps: nearly everything is found by its mark as well.
    }
  }
  return {
    begun(id: string, pid: number) {
      const started = startOf(pid);
      if (started === undefined) return;
      void boot.then((of) => {
        noted.set(id, { id, pid, started, boot: of });
        save();
      });
    },
    ended(id: string) {
      void boot.then(() => noted.delete(id) && save());
    },
  };
}

/** Ends what was left of the terminals of an agent of this folder, now or before it was killed. Comes before those with a mark are ended. */
export async function endTerminals(folder: string) {
  const text = await readFile(fileIn(folder), "utf8").catch(() => undefined);
  if (text === undefined) return;
  const [boot, all] = [await bootId(), await processes("")];
  const mine = notesIn(text).filter((note) => {
    const first = all.find(({ pid }) => pid === note.pid);
    // Somebody else has the number now. While the session lives, nobody gets it.
    return note.boot === boot && (first === undefined || first.started === note.started);
  });
  await Promise.all(mine.map(({ id, pid }) => endTree(id, pid)));
  await rm(fileIn(folder), { force: true });
}

function notesIn(text: string): Note[] {
  try {
    return z.array(Note).parse(JSON.parse(text));
  } catch {
    return [];
  }
}

function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}
