const RELOADED = "appos-reloaded-at";
const ONCE_IN_MS = 10_000;

/** A part of the console could not be fetched: the network changed, or another version is served now. The page is loaded anew, once. */
addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < ONCE_IN_MS) return;
  event.preventDefault();
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
});
