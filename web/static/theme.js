// Before the first paint: the theme that was chosen, if one was. Kept out of the page so that the policy needs no exception.
try {
  const theme = localStorage.getItem("appos.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme.
}
