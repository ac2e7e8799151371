export type Theme = "system" | "light" | "dark";

/** As static/theme.js reads it before the first paint. */
const KEY = "appos.theme";

export function chosenTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** Kept for this browser; "system" is the absence of a choice. */
export function chooseTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // No storage: it holds for this page.
  }
}
