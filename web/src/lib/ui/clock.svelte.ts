import { createSubscriber } from "svelte/reactivity";

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1_000);
  return () => clearInterval(timer);
});

/** The time now. Read in a component, it moves on each second; it stands still when nobody reads it. */
export const clock = {
  get now(): number {
    subscribe();
    return Date.now();
  },
};
