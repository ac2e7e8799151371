import { course } from "#lib/course.ts";

const RELOADED = "appos-reloaded-at";
const ONCE_IN_MS = 10_000;

/**
 * A part of the console could not be fetched: the network changed, or another version is served now.
 * The page that was asked for is loaded as a whole, once. What was fetched ahead and is not needed yet is nobody's loss.
 */
addEventListener("vite:preloadError", (event) => {
  const wanted = course.to ?? (course.arrived ? undefined : location.href);
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (wanted === undefined || Date.now() - last < ONCE_IN_MS) return;
  event.preventDefault();
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.assign(wanted);
});
