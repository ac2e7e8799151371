type End = () => unknown;
const ends: End[] = [];

/** Is done when the stories of this file are over, however they went. What began last ends first. */
export const atEnd = (end: End) => void ends.push(end);

/** Ends everything that was begun; what cannot be ended keeps nothing else from it. */
export async function endAll() {
  const failures: unknown[] = [];
  for (const end of ends.splice(0).reverse()) {
    try {
      await end();
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `Not everything could be cleaned up: ${failures.map(String).join("; ")}`);
}
