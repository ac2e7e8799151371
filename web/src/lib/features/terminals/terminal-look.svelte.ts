import { createSubscriber } from "svelte/reactivity";
import { chosenTheme } from "#lib/ui/theme.ts";
import { isPaletteName, type PaletteName, palettes } from "./palettes.ts";
import type { Look } from "./screen.ts";

const KEY = "appos.terminal";
const sizes = { smallest: 10, usual: 13, largest: 22 };

const preferred = matchMedia("(prefers-color-scheme: dark)");
const whenPreferenceChanges = createSubscriber((update) => {
  preferred.addEventListener("change", update);
  return () => preferred.removeEventListener("change", update);
});
function isDark(): boolean {
  whenPreferenceChanges();
  const theme = chosenTheme();
  return theme === "system" ? preferred.matches : theme === "dark";
}

/** How terminals look in this browser. */
export class TerminalLook {
  palette = $state<PaletteName>("console");
  fontSize = $state(sizes.usual);
  spoken = $state(false);
  readonly look: Look = $derived({
    colours: palettes[this.palette][isDark() ? "dark" : "light"],
    fontSize: this.fontSize,
    spoken: this.spoken,
  });

  constructor() {
    try {
      const { palette, fontSize, spoken } = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, unknown>;
      if (isPaletteName(palette)) this.palette = palette;
      if (typeof fontSize === "number") this.fontSize = fontSize;
      this.spoken = spoken === true;
    } catch {
      // As it comes.
    }
  }

  choose(palette: PaletteName): void {
    this.palette = palette;
    this.#keep();
  }

  /** Zero: the usual size. */
  grow(by: -1 | 0 | 1): void {
    this.fontSize = by === 0 ? sizes.usual : Math.min(sizes.largest, Math.max(sizes.smallest, this.fontSize + by));
    this.#keep();
  }

  speak(spoken: boolean): void {
    this.spoken = spoken;
    this.#keep();
  }

  #keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify({ palette: this.palette, fontSize: this.fontSize, spoken: this.spoken }));
    } catch {
      // No storage: it holds for this page.
    }
  }
}
