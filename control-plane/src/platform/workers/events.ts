import { waitUntil } from "cloudflare:workers";
import { errorText } from "../../errors.ts";
import type { Events, Log } from "../../ports.ts";
import type { Env } from "./env.ts";
import type { Heard } from "./objects.ts";

/** Events of all isolates and objects, through the one object that hands them on. */
export function hubEvents(hubs: Env["EVENTS"], log: Log): Events {
  const hub = () => hubs.getByName("events");

  async function listen(after: string | undefined, hear: (heard: Heard) => void, lost: () => void) {
    const query = after === undefined ? "" : `?after=${encodeURIComponent(after)}`;
    const { webSocket: socket } = await hub().fetch(`https://events/${query}`, { headers: { upgrade: "websocket" } });
    if (!socket) throw new Error("The hub of events gives no socket");
    socket.addEventListener("message", ({ data }) => hear(JSON.parse(String(data)) as Heard));
    socket.addEventListener("close", lost);
    socket.accept();
    return () => {
      socket.removeEventListener("close", lost);
      socket.close(1000);
    };
  }

  return {
    /** It may be lost, as a listener may be: a screen that is shown for long is fetched again now and then. */
    publish: (signal) =>
      waitUntil(
        hub()
          .publish(signal)
          .catch((error: unknown) => log.warn("an event was lost", { type: signal.type, error: errorText(error) })),
      ),
    async subscribe(after, hear) {
      let left = false;
      let last = "";
      let leave = () => {};
      const heard = ({ said, id }: Heard) => {
        last = id;
        hear(said, id);
      };
      /** What was said while nobody listened is not known: all is fetched again. */
      async function again() {
        for (let wait = 250; !left; wait = Math.min(wait * 2, 10_000)) {
          await new Promise<void>((go) => setTimeout(go, wait));
          try {
            if (!left) leave = await listen(undefined, heard, lost);
            if (left) leave();
            return hear("reset", last);
          } catch (error) {
            log.warn("events cannot be listened to", { error: errorText(error) });
          }
        }
      }
      const lost = () => void again();
      leave = await listen(after, heard, lost);
      return () => {
        left = true;
        leave();
      };
    },
  };
}
