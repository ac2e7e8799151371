import { ANSWER_BYTES, type Answer, type Question, type QuestionKind, questionKinds, Reply } from "@appos/shared/questions";
import { AppError } from "./errors.ts";
import type { Rooms } from "./ports.ts";

const LIMIT_MS = 60_000;

/** Asks a server's agent something that it answers at once. Throws SERVER_AWAY, and what the server says against it with its own code. */
export async function askServer<K extends QuestionKind>(rooms: Rooms, serverId: string, kind: K, input: Question<K>): Promise<Answer<K>> {
  const stream = await rooms.open(serverId, "ask", { question: kind, input });
  const { data: reply } = Reply.safeParse(parsed(await collected(stream)));
  if (!reply) throw new AppError("SERVER_AWAY", "The server gave no answer. Look whether its agent is up to date, then try again.");
  if ("error" in reply) {
    const { code, message, details } = reply.error;
    throw new AppError(code === "INVALID_COMPOSE" || code === "POLICY_REFUSED" ? code : "SERVER_REFUSED", message, {
      job: code,
      ...details,
    });
  }
  return questionKinds[kind].answer.parse(reply.answer);
}

async function collected(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let [text, bytes, late] = ["", 0, false];
  const timer = setTimeout(() => {
    late = true;
    void reader.cancel().catch(() => {});
  }, LIMIT_MS);
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      bytes += next.value.length;
      if (bytes > ANSWER_BYTES) throw new AppError("UNAVAILABLE", `The server's answer has more than ${ANSWER_BYTES} bytes.`);
      text += decoder.decode(next.value, { stream: true });
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => {});
  }
  if (late) throw new AppError("UNAVAILABLE", `The server did not answer within ${LIMIT_MS / 1_000} seconds.`);
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
