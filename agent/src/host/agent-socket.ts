import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { ActOrder, HostActs } from "../acts/host-acts.ts";
import type { Log } from "../log.ts";
import type { StopReason } from "../run-job.ts";
import { voice } from "../voice.ts";
import { near } from "./near.ts";
import { type Answer, type HostJob, jsonLines, Question } from "./agent-wire.ts";

export interface AgentSocketOptions {
  path: string;
  acts: HostActs;
  jobs(): HostJob[];
  log: Log;
}

/** Where `appos-agent` asks the running agent: a unix socket that only root can open. The answer closes it. */
export async function openAgentSocket({ path, acts, jobs, log }: AgentSocketOptions): Promise<() => void> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // Whoever asked may be gone: what they asked for goes on.
    socket.on("error", () => {});
    converse(socket);
  });

  function converse(socket: Socket) {
    const say = (answer: Answer) => void (socket.writable && socket.write(`${JSON.stringify(answer)}\n`));
    let stop: AbortController | undefined;
    const hear = jsonLines((value) => {
      const { data: question, error } = Question.safeParse(value);
      if (error)
        return void socket.end(
          `${JSON.stringify({ refused: "The running agent does not understand this: it has another version." } satisfies Answer)}\n`,
        );
      if ("act" in question) {
        if (stop) return;
        stop = new AbortController();
        void carryOut({ kind: question.act, name: question.name, release: question.release }, stop, say).then(() => socket.end());
      } else if (question.ask === "cancel") stop?.abort("canceled" satisfies StopReason);
      else {
        say({ jobs: jobs() });
        socket.end();
      }
    });
    socket.setEncoding("utf8").on("data", (piece: string) => {
      try {
        hear(piece);
      } catch {
        socket.destroy();
      }
    });
  }

  async function carryOut(order: ActOrder, stop: AbortController, say: (answer: Answer) => void) {
    log.info("asked on this server", { act: order.kind, app: order.name });
    try {
      const ended = await acts.carryOut(order, { say: voice((entry) => say({ entry })), stop });
      log.info("done on this server", { act: order.kind, app: order.name, outcome: ended.outcome });
      say({ ended });
    } catch (error) {
      log.error("an act on this server could not be written down", { act: order.kind, app: order.name, error: String(error) });
      say({ refused: `The agent's journal cannot be written: ${error instanceof Error ? error.message : String(error)}.` });
    }
  }

  // Only the holder of the agent's lock comes here: what is there was left by one that is gone.
  rmSync(path, { force: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.on("error", (error) => {
    log.warn("appos-agent cannot ask this agent", { path, error: error.message });
    resolve();
  });
  const { name, done } = near(path);
  server.listen(name, () => {
    chmodSync(path, 0o600);
    resolve();
  });
  await promise;
  return () => {
    server.close(done);
    for (const socket of open) socket.destroy();
    rmSync(path, { force: true });
  };
}
