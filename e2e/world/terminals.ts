import { readdirSync, readFileSync } from "node:fs";
import type { Page } from "@appos/shared/envelope";
import type { TerminalView } from "@appos/shared/terminals";
import type { Api } from "./api.ts";
import { only } from "./compose.ts";
import { appNamed } from "./docker.ts";
import { buildImages } from "./images.ts";
import { openTerminal } from "./terminal.ts";
import { until } from "./until.ts";

export type Terminals = Awaited<ReturnType<typeof terminals>>;

/** The terminals of server `local`, and an app on it whose containers can be entered. */
export async function terminals({ admin, serverId }: { admin: Api; serverId?: string }) {
  await buildImages();
  const app = appNamed("diary");
  const { deployment } = await admin.create(app, only("appos-test/logger:1"), serverId === undefined ? {} : { serverId });
  const { status } = await admin.settled(deployment.id);
  if (status !== "succeeded") throw new Error(`The app could not be deployed: ${status}`);

  const entryOf = async (session: string) =>
    (await admin.get<Page<TerminalView>>("servers/local/terminals")).items.find(({ id }) => id === session);
  return {
    app,
    entryOf,
    /** What is in the books of a terminal, once it has ended. */
    ended: (session: string) =>
      until(`terminal ${session} has ended`, async () => {
        const found = await entryOf(session);
        return found && found.endedAt !== null && found;
      }),
    /** A shell without a prompt of its own, so that a story reads only what it asked for. */
    async plain(options: Parameters<typeof openTerminal>[1] = {}) {
      const terminal = await openTerminal(admin, options);
      await terminal.frame("ready");
      terminal.types("PS1=; PROMPT_COMMAND=; unset HISTFILE; stty -echo; echo be''gun\n");
      await terminal.shows(/begun/);
      return terminal;
    },
  };
}

/** The shell asks what to do: one that is ended while it still reads its profile may leave behind locks of what that had started. */
export async function prompted(terminal: Awaited<ReturnType<typeof openTerminal>>) {
  await terminal.frame("ready");
  await terminal.shows(/[#$] ?$/m);
}

/** The processes of a terminal, by its mark. */
export const processesOf = (session: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(`APPOS_TERMINAL=${session}`);
    } catch {
      return false;
    }
  });
