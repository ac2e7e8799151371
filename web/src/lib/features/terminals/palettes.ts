import type { ITheme } from "@xterm/xterm";

/** The colours of a terminal, and what paints the places that a search found. */
export interface Colours {
  theme: ITheme;
  found: string;
}

const plain = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const bright = plain.map((name) => `bright${name[0]?.toUpperCase()}${name.slice(1)}`);

const colours = (background: string, foreground: string, selectionBackground: string, found: string, sixteen: string): Colours => {
  const given = sixteen.split(" ");
  const named = Object.fromEntries([...plain, ...bright].map((name, i) => [name, given[i]]));
  return {
    found,
    theme: {
      ...named,
      background,
      foreground,
      cursor: foreground,
      cursorAccent: background,
      selectionBackground,
      selectionInactiveBackground: selectionBackground,
      scrollbarSliderBackground: `${foreground}33`,
      scrollbarSliderHoverBackground: `${foreground}55`,
      scrollbarSliderActiveBackground: `${foreground}77`,
      overviewRulerBorder: background,
    },
  };
};

interface Pair {
  label: string;
  light: Colours;
  dark: Colours;
}

const black = colours(
  "#000000",
  "#ffffff",
  "#2f5fb3",
  "#806600",
  "#000000 #ff6b6b #5af78e #f4f99d #7aaefc #ff8af0 #7df3ff #e6e6e6 #8c8c8c #ff9a9a #8dffb1 #ffffc2 #a9cbff #ffb3f6 #b0f9ff #ffffff",
);

/** Sets of colours to choose from; each has one for light and one for dark, which may be the same. */
export const palettes = {
  console: {
    label: "As the console",
    light: colours(
      "#ffffff",
      "#191a18",
      "#d5e3fb",
      "#ffe28a",
      "#191a18 #bb2c2c #157347 #8a5a00 #1f5fc4 #7b3fa8 #12706f #686a63 #4e504a #d33a3a #1f9d61 #a87000 #2f77e6 #9a5cc9 #1a8f8d #191a18",
    ),
    dark: colours(
      "#0f100e",
      "#eeeeea",
      "#284272",
      "#6b5200",
      "#272925 #ff8078 #4fc38a #e3b04b #7aaefc #c0a4e6 #5cc3c1 #cfcfc8 #8e9189 #ff9d97 #73d8a5 #f0c874 #9cc3ff #d5c0f2 #83dad8 #ffffff",
    ),
  },
  solarized: {
    label: "Solarized",
    light: colours(
      "#fdf6e3",
      "#586e75",
      "#d9d2b8",
      "#f2d27a",
      "#073642 #dc322f #859900 #b58900 #268bd2 #d33682 #2aa198 #657b83 #002b36 #cb4b16 #586e75 #657b83 #839496 #6c71c4 #93a1a1 #073642",
    ),
    dark: colours(
      "#002b36",
      "#93a1a1",
      "#17505e",
      "#6b5200",
      "#073642 #dc322f #859900 #b58900 #268bd2 #d33682 #2aa198 #eee8d5 #586e75 #cb4b16 #93a1a1 #839496 #839496 #6c71c4 #93a1a1 #fdf6e3",
    ),
  },
  black: { label: "White on black", light: black, dark: black },
} satisfies Record<string, Pair>;

export type PaletteName = keyof typeof palettes;
export const isPaletteName = (name: unknown): name is PaletteName => typeof name === "string" && name in palettes;
