import type { AgentFrame, ControlFrame } from "@appos/shared/agent-link";
import type { Login } from "@appos/shared/registries";
import type { Machine } from "./machine/machine.ts";

type Send = (frame: AgentFrame) => void;
type Asked = { hosts: string[]; answer(logins: Login[] | undefined): void };
export type LoginDesk = ReturnType<typeof loginDesk>;

/** Where jobs ask who this server is to a registry. What the control plane answers is handed on and not kept. */
export function loginDesk({ sleep }: Pick<Machine, "sleep">) {
  const open = new Map<string, Asked>();
  let send: Send | undefined;
  /** The control plane does not know of logins. */
  let deaf = false;
  const ask = (jobId: string) => send?.({ type: "logins-wanted", jobId, hosts: open.get(jobId)!.hosts });

  return {
    /** A link is open; `over` is left out where the control plane knows of no logins. */
    connected(over: Send | undefined) {
      send = over;
      deaf = over === undefined;
      for (const [jobId, { answer }] of open) {
        if (deaf) answer(undefined);
        else ask(jobId);
      }
    },
    disconnected: () => void (send = undefined),
    came: ({ jobId, logins }: Extract<ControlFrame, { type: "logins" }>) => open.get(jobId)?.answer(logins),

    /** How one job asks. While there is no link, the next one is waited for. */
    of: (jobId: string, signal: AbortSignal) => async (hosts: string[], patienceMs: number) => {
      signal.throwIfAborted();
      if (deaf) return undefined;
      const enough = new AbortController();
      const { promise, resolve } = Promise.withResolvers<Login[] | undefined>();
      open.set(jobId, { hosts, answer: resolve });
      ask(jobId);
      try {
        const late = sleep(patienceMs, AbortSignal.any([signal, enough.signal])).then(() => undefined);
        return await Promise.race([promise, late]);
      } finally {
        enough.abort();
        open.delete(jobId);
      }
    },
  };
}
