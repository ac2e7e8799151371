import { expect, test } from "vitest";
import type { AgentFrame } from "@appos/shared/agent-link";
import { loginDesk } from "./logins.ts";

const login = { host: "ghcr.io", username: "ada", password: "p" };

function desk() {
  const said: AgentFrame[] = [];
  let late: () => void = () => {};
  const it = loginDesk({ sleep: (_, signal) => new Promise((done, fail) => ((late = done), signal?.addEventListener("abort", fail))) });
  return {
    ...it,
    said,
    late: () => late(),
    send: (frame: AgentFrame) => void said.push(frame),
    ask: it.of("job_1", new AbortController().signal),
  };
}

test("a job is given what the control plane answers", async () => {
  const { connected, send, said, ask, came } = desk();
  connected(send);
  const asked = ask(["ghcr.io"], 1_000);
  expect(said).toEqual([{ type: "logins-wanted", jobId: "job_1", hosts: ["ghcr.io"] }]);
  came({ type: "logins", jobId: "job_2", logins: [] });
  came({ type: "logins", jobId: "job_1", logins: [login] });
  expect(await asked).toEqual([login]);
});

test("while there is no link it waits for one, and asks over the next one again where none answered", async () => {
  const { connected, disconnected, send, said, ask, came } = desk();
  const asked = ask(["ghcr.io"], 1_000);
  expect(said).toEqual([]);
  connected(send);
  disconnected();
  connected(send);
  expect(said).toHaveLength(2);
  came({ type: "logins", jobId: "job_1", logins: [login] });
  expect(await asked).toEqual([login]);
});

test("where nobody answers in time, or the control plane knows no logins, it goes on without", async () => {
  const { connected, ask, late, said } = desk();
  const asked = ask(["ghcr.io"], 1_000);
  late();
  expect(await asked).toBeUndefined();
  connected(undefined);
  expect(await ask(["ghcr.io"], 1_000)).toBeUndefined();
  expect(said).toEqual([]);
});

test("a job that is canceled waits no longer", async () => {
  const stop = new AbortController();
  const { of } = desk();
  const asked = of("job_1", stop.signal)(["ghcr.io"], 1_000);
  stop.abort("canceled");
  await expect(asked).rejects.toBeDefined();
});
