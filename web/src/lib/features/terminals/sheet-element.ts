/** Stands where xterm would put a style element: what is written into it becomes a style sheet that was made, not parsed. */
class SheetElement extends HTMLElement {
  readonly #sheet = new CSSStyleSheet();

  override get textContent(): string {
    return "";
  }
  override set textContent(text: string | null) {
    this.#sheet.replaceSync(text ?? "");
  }

  connectedCallback() {
    this.hidden = true;
    document.adoptedStyleSheets.push(this.#sheet);
  }

  disconnectedCallback() {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
  }
}

customElements.define("appos-sheet", SheetElement);

/** See vite.config.ts: the content security policy allows no style element. */
export const sheetElement = (): HTMLElement => document.createElement("appos-sheet");
