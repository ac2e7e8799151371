/** One line to show. */
export interface Line {
  at: number;
  text: string;
  /** Where it comes from: a service, a stream. */
  tag?: string | undefined;
  /** note: not the program's own words. gap: what stands for lines that are not here. */
  tone?: "note" | "gap" | undefined;
  /** How grave it is, where that is known. */
  level?: "error" | "warn" | "info" | "debug" | undefined;
  /** Which of the colours its tag has. */
  hue?: number | undefined;
  /** It was not asked for itself: it stands near a line that was. */
  near?: true | undefined;
  /** Lines before it are left out. */
  apart?: true | undefined;
}

/** Colours that tags can have. */
export const HUES = 8;

export interface Chunk {
  id: number;
  lines: Line[];
}

export const CHUNK = 250;
const FLUSH_MS = 50;

/** The newest lines of something that goes on, in chunks, so that a new line touches only the last of them. */
export class LogBuffer {
  chunks = $state.raw<Chunk[]>([]);
  /** Lines shown. */
  count = $state(0);
  /** Lines that came while it was paused. */
  held = $state(0);
  paused = $state(false);
  readonly cap: number;
  #waiting: Line[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastId = 0;
  #firstId = 0;

  constructor(cap = 10_000) {
    this.cap = cap;
  }

  add(line: Line): void {
    this.#waiting.push(line);
    if (this.#waiting.length > this.cap) this.#waiting.splice(0, this.#waiting.length - this.cap);
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Earlier lines, before all others. */
  prepend(lines: Line[]): void {
    const chunks: Chunk[] = [];
    for (let end = lines.length; end > 0; end -= CHUNK)
      chunks.unshift({ id: --this.#firstId, lines: lines.slice(Math.max(0, end - CHUNK), end) });
    this.chunks = [...chunks, ...this.chunks];
    this.count += lines.length;
  }

  /** There is no room for earlier lines. */
  get full(): boolean {
    return this.count >= this.cap;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#flush();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    this.chunks = [];
    this.#firstId = 0;
    this.count = this.held = 0;
  }

  text(): string {
    return this.chunks.flatMap(({ lines }) => lines.map(({ tag, text }) => (tag ? `${tag} | ${text}` : text))).join("\n");
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.paused) return void (this.held = this.#waiting.length);
    const chunks = [...this.chunks];
    for (let from = 0; from < this.#waiting.length;) {
      const last = chunks.at(-1);
      const room = last ? CHUNK - last.lines.length : 0;
      const more = this.#waiting.slice(from, from + (room || CHUNK));
      if (last && room) chunks[chunks.length - 1] = { id: last.id, lines: [...last.lines, ...more] };
      else chunks.push({ id: ++this.#lastId, lines: more });
      from += more.length;
    }
    this.#waiting = [];
    this.held = 0;
    let count = chunks.reduce((sum, { lines }) => sum + lines.length, 0);
    while (chunks[0] && count - chunks[0].lines.length >= this.cap) count -= chunks.shift()?.lines.length ?? 0;
    this.chunks = chunks;
    this.count = count;
  }
}
