import type { Api } from "./api.ts";

export interface Told {
  event: string;
  id: string | undefined;
  data: unknown;
}

/** What is told as server-sent events, one after the other, until nobody listens any more. `after`: the last event that was heard. */
export async function* listen(api: Api, path: string, after?: string): AsyncGenerator<Told> {
  const headers = { accept: "text/event-stream", ...(after !== undefined && { "last-event-id": after }) };
  const { body, status } = await api.send("GET", path, undefined, headers);
  if (status !== 200 || !body) throw new Error(`${path} answered with ${status}`);
  let rest = "";
  // Whoever stops listening hangs up: the stream is canceled with its reader.
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const messages = (rest + chunk).split("\n\n");
    rest = messages.pop()!;
    for (const message of messages) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(message)?.[1];
      const [event, data] = [field("event"), field("data")];
      if (event !== undefined && data !== undefined) yield { event, id: field("id"), data: JSON.parse(data) };
    }
  }
}

/** The next thing told that is wanted. */
export async function nextOf(told: AsyncGenerator<Told>, wanted: (told: Told) => boolean): Promise<Told> {
  for (;;) {
    const { value, done } = await told.next();
    if (done) throw new Error("It ended, and was not told");
    if (wanted(value)) return value;
  }
}
