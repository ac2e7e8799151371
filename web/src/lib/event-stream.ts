const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

export interface EventStreamOptions {
  /** Asked at each attempt, so that a stream can go on where it broke off. */
  url(): string;
  /** What to do with each kind of event, parsed. */
  on: Record<string, (data: unknown) => void>;
  onOpen?(): void;
  onBroken?(): void;
  /** It is opened anew and knows nothing of what went before. */
  onReopened?(): void;
}

/** A server-sent event stream that is opened again for ever. Returns how to close it. */
export function openEventStream({ url, on, onOpen, onBroken, onReopened }: EventStreamOptions): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_MS;

  function open(again: boolean) {
    source = new EventSource(url());
    source.onopen = () => {
      wait = FIRST_WAIT_MS;
      if (again) onReopened?.();
      again = false;
      onOpen?.();
    };
    source.onerror = () => {
      onBroken?.();
      // The browser tries again by itself unless the answer was no stream.
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(() => open(true), wait * (0.5 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
    for (const [name, hear] of Object.entries(on)) {
      source.addEventListener(name, (event) => hear(event.data === "" ? undefined : JSON.parse(event.data)));
    }
  }

  open(false);
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
