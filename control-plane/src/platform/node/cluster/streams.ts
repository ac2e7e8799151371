import { STREAM_WINDOW } from "@appos/shared/streams";
import type { Bridges } from "./bridges.ts";
import { StreamEnd, WasRead } from "./messages.ts";

const LOST = "The connection to the control plane that holds the server's link is lost. Open it again.";

/** A stream of an agent whose link another process holds. `ask`: the way there; throws what its caller is to see. */
export async function bridgedStream(
  bridges: Bridges,
  serverId: string,
  ask: (bridge: string) => Promise<string>,
): Promise<ReadableStream<Uint8Array>> {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let unread = 0;
  const bridge = bridges.bridge(
    {
      bytes(bytes) {
        unread += bytes.length;
        controller.enqueue(bytes);
      },
      ended(last) {
        const { data } = StreamEnd.safeParse(last);
        if (data && data.error === undefined) controller.close();
        else controller.error(new Error(data?.error ?? LOST));
      },
    },
    { serverId },
  );
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (its) => void (controller = its),
      /** The reader has room: what it took since is given back as credit. */
      pull() {
        if (unread > 0) bridge.note({ read: unread });
        unread = 0;
      },
      cancel: () => bridge.close({}),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: STREAM_WINDOW }),
  );
  try {
    bridge.met(await ask(bridge.id));
    return stream;
  } catch (error) {
    bridge.close({});
    throw error;
  }
}

/** The same stream, at the process that holds the link: never more than a window ahead of its reader. */
export function streamForAfar(bridges: Bridges, { id, peer }: { id: string; peer: string }, stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  let room = STREAM_WINDOW;
  let over = false;
  let roomAgain = () => {};
  const bridge = bridges.bridge(
    {
      note(note) {
        room += WasRead.safeParse(note).data?.read ?? 0;
        roomAgain();
      },
      ended() {
        over = true;
        roomAgain();
        reader.cancel().catch(() => {});
      },
    },
    { id, peer },
  );
  async function pump() {
    for (let next = await reader.read(); !next.done && !over; next = await reader.read()) {
      room -= next.value.length;
      bridge.bytes(next.value);
      while (room <= 0 && !over) await new Promise<void>((go) => (roomAgain = go));
    }
  }
  pump().then(
    () => bridge.close({}),
    (error: unknown) => bridge.close({ error: error instanceof Error ? error.message : String(error) }),
  );
}
