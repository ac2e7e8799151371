/**
 * Where the control plane is looked for. Another address that it names is tried, and believed once this server was let in
 * there; until then, and where it was not, the agent goes on with the one it has.
 * `allowed` gives an address as it is dialled, or throws with why nobody goes there.
 */
export function whereabouts(known: string, allowed: (url: string) => string, keep: (url: string, from: string) => Promise<void>) {
  let home = known;
  let trying: string | undefined;
  let dialled = known;
  let refused: string | undefined;

  function refusalOf(url: string): string | undefined {
    try {
      const next = allowed(url);
      if (next === home || next === dialled) return "which is where this agent comes from";
      trying = next;
      return undefined;
    } catch (error) {
      return `where this agent does not go. ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  return {
    /** Where the next link is to be opened. */
    next: () => (dialled = trying ?? home),
    /** There is an address that was named and has not been dialled. */
    elsewhere: () => trying !== undefined && trying !== dialled,
    /** The control plane, which has proved that it is the pinned one, says that it is at another address. */
    moved(url: string) {
      trying = undefined;
      refused = refusalOf(url);
    },
    /** This server was let in where it has dialled. Resolves once the agent's next start dials there too. */
    async letIn() {
      const from = home;
      [home, trying] = [dialled, undefined];
      if (home !== from) await keep(home, from);
    },
    /** The link has ended, or could not be opened: why, in the light of all this. */
    down(why: string): string {
      if (refused !== undefined) {
        const told = `${why}, ${refused}`;
        refused = undefined;
        return told;
      }
      if (trying === undefined || dialled !== trying) return why;
      trying = undefined;
      return `The control plane has moved to ${dialled}, which did not let this server in: ${why}`;
    },
  };
}
