const FIRST_BYTES = 16 * 1024;

/** The newest bytes of an output, numbered from its beginning. Grows as it is needed, up to its limit; then the oldest go. */
export function ring(limit: number) {
  let held = new Uint8Array(Math.min(FIRST_BYTES, limit));
  let [start, end] = [0, 0];

  function copy(from: number, into: Uint8Array) {
    for (let at = 0; at < into.length;) {
      const place = (from + at) % held.length;
      const part = held.subarray(place, Math.min(held.length, place + into.length - at));
      into.set(part, at);
      at += part.length;
    }
    return into;
  }
  function grow(bytes: number) {
    const larger = new Uint8Array(Math.min(limit, Math.max(bytes, held.length * 2)));
    const kept = copy(start, new Uint8Array(end - start));
    held = larger;
    put(kept, start);
  }
  function put(bytes: Uint8Array, from: number) {
    for (let at = 0; at < bytes.length;) {
      const place = (from + at) % held.length;
      const part = bytes.subarray(at, at + held.length - place);
      held.set(part, place);
      at += part.length;
    }
  }

  return {
    /** The number of the first byte that is held, and of the next one to come. */
    start: () => start,
    end: () => end,
    push(bytes: Uint8Array) {
      if (end - start + bytes.length > held.length && held.length < limit) grow(end - start + bytes.length);
      const kept = bytes.subarray(Math.max(0, bytes.length - held.length));
      put(kept, end + bytes.length - kept.length);
      end += bytes.length;
      start = Math.max(start, end - held.length);
    },
    /** A copy of what is held from `from` on, `most` bytes at most. */
    read: (from: number, most: number) => copy(from, new Uint8Array(Math.min(most, end - from))),
  };
}
