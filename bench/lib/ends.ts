type End = () => unknown;
const ends: End[] = [];
let ending: Promise<void> | undefined;

/** Is done when the measurement is over, however it went. What began last ends first. */
export const atEnd = (end: End) => void ends.push(end);

/** Ends everything that was begun, also what begins meanwhile. Whoever asks again waits for the same end. */
export const endAll = () => (ending ??= endEach());

async function endEach() {
  for (let end = ends.pop(); end; end = ends.pop()) {
    try {
      await end();
    } catch (failure) {
      console.error(`Not everything could be cleaned up: ${String(failure)}`);
    }
  }
}
