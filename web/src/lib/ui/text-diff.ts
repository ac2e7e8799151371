import { yaml } from "@codemirror/lang-yaml";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { colours, look } from "./code-editor.ts";

export interface DiffOptions {
  before: string;
  after: string;
  label: string;
  /** Both in one column, where two do not fit. */
  narrow: boolean;
}

const tints = EditorView.theme({
  ".cm-changedLine, .cm-inlineChangedLine": { backgroundColor: "var(--ok-tint) !important" },
  "&.cm-merge-a .cm-changedLine, .cm-deletedChunk": { backgroundColor: "var(--bad-tint) !important" },
  ".cm-changedText": { background: "color-mix(in oklab, var(--ok) 24%, transparent) !important" },
  "&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText": {
    background: "color-mix(in oklab, var(--bad) 24%, transparent) !important",
  },
  ".cm-deletedChunk": { padding: "0 16px 0 8px" },
  ".cm-changeGutter": { width: "3px", paddingLeft: "0" },
  ".cm-changedLineGutter, .cm-inlineChangedLineGutter": { background: "var(--ok) !important" },
  "&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter": { background: "var(--bad) !important" },
  ".cm-collapsedLines": { background: "var(--sunken)", color: "var(--ink-3)", padding: "4px 16px", fontFamily: "var(--font)" },
  // They are marks that many fonts have not.
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: "none" },
});
/** What follows the last line break is no line of the text. */
const numbered = (n: number, { doc }: EditorState) => (n === doc.lines && doc.line(n).length === 0 ? "" : String(n));
const page = (label: string) => [
  lineNumbers({ formatNumber: numbered }),
  yaml(),
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
  look,
  tints,
  colours,
];
const unchanged = { margin: 4, minSize: 8 };

/** Shows what became of a text, in a shadow root as the editor does. */
export function mountDiff(host: HTMLElement, { before, after, label, narrow }: DiffOptions): () => void {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  root.replaceChildren();
  if (narrow) {
    const both = unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: unchanged, allowInlineDiffs: true });
    const view = new EditorView({ root, parent: root, doc: after, extensions: [page(label), EditorView.lineWrapping, both] });
    return () => view.destroy();
  }
  const view = new MergeView({
    root,
    parent: root,
    a: { doc: before, extensions: page(`${label}, before`) },
    b: { doc: after, extensions: page(`${label}, after`) },
    collapseUnchanged: unchanged,
    gutter: true,
  });
  return () => view.destroy();
}
