import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal } from "@xterm/xterm";
import { keySequence, type NamedKey, withControl } from "./keys.ts";
import type { Colours } from "./palettes.ts";
import { plainText } from "./paste.ts";
import { scrollByTouch } from "./touch-scroll.ts";

export interface Look {
  colours: Colours;
  fontSize: number;
  /** A text beside the picture, for those who hear it. */
  spoken: boolean;
}

export type Shortcut = "copy" | "search" | "leave";

export interface ScreenOptions {
  label: string;
  look: Look;
  /** What is typed, pasted, or answered to the program that asks. */
  ondata(data: Uint8Array<ArrayBuffer>): void;
  onresize(columns: number, rows: number): void;
  ontitle(title: string): void;
  onshortcut(shortcut: Shortcut): void;
  /** Something is to be pasted; whoever is asked calls `paste`, or not. */
  onpaste(text: string): void;
  onfound(which: number, of: number): void;
}

export type Screen = ReturnType<typeof mountScreen>;

const FONT = '"JetBrains Mono Variable", ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace';
const SCROLLBACK = 10_000;
const shortcuts: Record<string, Shortcut> = { KeyC: "copy", KeyF: "search", KeyE: "leave" };
const utf8 = new TextEncoder();
const isWeb = (address: string) => /^https?:\/\//.test(address);

function follow(address: string) {
  if (isWeb(address)) window.open(address, "_blank", "noopener,noreferrer");
}

/** What the screen measures its letters with must be there before it does. */
export const fontReady = (): Promise<unknown> => document.fonts.load(`13px ${FONT}`).catch(() => undefined);

/** A terminal's screen in an element. It knows no network: what comes is written into it, what is typed is handed on. */
export function mountScreen(host: HTMLElement, options: ScreenOptions) {
  const terminal = new Terminal({
    allowProposedApi: true,
    fontFamily: FONT,
    fontSize: options.look.fontSize,
    lineHeight: 1.2,
    scrollback: SCROLLBACK,
    minimumContrastRatio: 4.5,
    theme: options.look.colours.theme,
    screenReaderMode: options.look.spoken,
    cursorInactiveStyle: "outline",
    macOptionIsMeta: true,
    rightClickSelectsWord: true,
    // What a link says may be another address than where it leads.
    linkHandler: { activate: (_, address) => isWeb(address) && confirm(`Open ${address}?`) && follow(address) },
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  for (const addon of [fit, search, new Unicode11Addon(), new WebLinksAddon((_, address) => follow(address))]) terminal.loadAddon(addon);
  terminal.unicode.activeVersion = "11";

  let { colours } = options.look;
  let controlDone: (() => void) | undefined;
  /** Writes under way of what was said before: questions in it were answered then. */
  let repeating = 0;

  terminal.open(host);
  terminal.textarea?.setAttribute("aria-label", options.label);
  terminal.onData((data) => {
    if (repeating > 0) return;
    options.ondata(utf8.encode(controlDone ? withControl(data) : data));
    controlDone?.();
    controlDone = undefined;
  });
  terminal.onBinary((data) => options.ondata(Uint8Array.from(data, (char) => char.charCodeAt(0))));
  terminal.onResize(({ cols, rows }) => options.onresize(cols, rows));
  terminal.onTitleChange(options.ontitle);
  search.onDidChangeResults(({ resultIndex, resultCount }) => options.onfound(resultIndex, resultCount));
  terminal.attachCustomKeyEventHandler((event) => {
    const shortcut = (event.ctrlKey || event.metaKey) && event.shiftKey && !event.altKey ? shortcuts[event.code] : undefined;
    if (!shortcut) return true;
    event.preventDefault();
    if (event.type === "keydown") options.onshortcut(shortcut);
    return false;
  });
  host.addEventListener("paste", takePaste, { capture: true });

  const endTouch = scrollByTouch(host, () => host.clientHeight / terminal.rows, scroll);

  const press = (key: NamedKey) => terminal.input(keySequence(key, terminal.modes.applicationCursorKeysMode));
  /** A program that asked for the mouse is told of a wheel; another that has the screen for itself, of arrows. */
  function scroll(lines: number, { clientX, clientY, target }: Touch) {
    const { mouseTrackingMode } = terminal.modes;
    if (mouseTrackingMode === "none" && terminal.buffer.active.type === "normal") return terminal.scrollLines(lines);
    if (mouseTrackingMode === "none") return Array.from({ length: Math.abs(lines) }, () => press(lines > 0 ? "down" : "up"));
    const wheel = { deltaY: lines, deltaMode: WheelEvent.DOM_DELTA_LINE, clientX, clientY, bubbles: true, cancelable: true };
    return target.dispatchEvent(new WheelEvent("wheel", wheel));
  }
  function takePaste(event: ClipboardEvent) {
    event.preventDefault();
    event.stopPropagation();
    const text = event.clipboardData?.getData("text/plain");
    if (text) options.onpaste(text);
  }
  const marks = () => ({
    matchBackground: colours.found,
    matchOverviewRuler: colours.found,
    activeMatchBackground: colours.found,
    activeMatchBorder: colours.theme.foreground ?? "",
    activeMatchColorOverviewRuler: colours.theme.foreground ?? "",
  });
  function allText(): string {
    const { normal } = terminal.buffer;
    const lines = Array.from({ length: normal.length }, (_, i) => normal.getLine(i));
    return lines
      .map((line, i) => (line?.isWrapped || i === 0 ? "" : "\n") + (line?.translateToString(!lines[i + 1]?.isWrapped) ?? ""))
      .join("")
      .trimEnd();
  }

  return {
    get size() {
      return { columns: terminal.cols, rows: terminal.rows };
    },
    get selection() {
      return terminal.getSelection();
    },
    allText,
    /** A program such as an editor has the screen for itself. */
    get isTakenOver() {
      return terminal.buffer.active.type === "alternate";
    },
    /** The program takes what is pasted as pasted, and runs no line of it. */
    get takesPaste() {
      return terminal.modes.bracketedPasteMode;
    },
    /** `taken` is called once it is on the screen. */
    write(data: Uint8Array<ArrayBuffer>, { again, taken }: { again: boolean; taken(): void }) {
      if (again) repeating++;
      terminal.write(data, () => {
        if (again) repeating--;
        taken();
      });
    },
    /** The console's own words, on a line of their own. */
    note: (text: string) => terminal.write(`\r\n\x1b[0;2;3m${text}\x1b[0m\r\n`),
    paste: (text: string) => terminal.paste(plainText(text)),
    press,
    type: (text: string) => terminal.input(text),
    /** The next key is typed as if Ctrl were held; `done` is called when it has been. */
    holdControl: (held: boolean, done: () => void) => void (controlDone = held ? done : undefined),
    find(text: string, { back = false, incremental = false } = {}) {
      if (!text) return search.clearDecorations();
      if (back) search.findPrevious(text, { decorations: marks() });
      else search.findNext(text, { decorations: marks(), incremental });
    },
    endSearch: () => search.clearDecorations(),
    setLook(look: Look) {
      ({ colours } = look);
      Object.assign(terminal.options, { theme: colours.theme, fontSize: look.fontSize, screenReaderMode: look.spoken });
      fit.fit();
    },
    setWritable: (writable: boolean) => void (terminal.options.disableStdin = !writable),
    /** Takes the room there is; nothing where it is not shown. */
    fit: () => void (host.clientWidth > 0 && fit.fit()),
    clear: () => terminal.clear(),
    reset: () => terminal.reset(),
    focus: () => terminal.focus(),
    destroy() {
      endTouch();
      host.removeEventListener("paste", takePaste, { capture: true });
      terminal.dispose();
    },
  };
}
