import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, forceLinting, linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** What is wrong with a text, and where; line and column count from 1. */
export interface Problem {
  message: string;
  line?: number;
  column?: number;
}

export interface EditorOptions {
  text: string;
  label: string;
  readonly: boolean;
  /** Text of no language it knows. */
  plain?: boolean;
  onchange(text: string): void;
  /** Says at once what is wrong, while it is typed. */
  check?: ((text: string) => Problem | undefined) | undefined;
  /** What the check said last. */
  onchecked?(problem: Problem | undefined): void;
}

export interface Editor {
  text: string;
  setReadonly(readonly: boolean): void;
  /** Marks what somebody else found wrong, until the text changes. */
  mark(problem: Problem | undefined): void;
  show(problem: Problem): void;
  focus(): void;
  destroy(): void;
}

export const look = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--surface)", fontSize: "0.8125rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.65" },
  ".cm-content": { caretColor: "var(--ink)", padding: "12px 0" },
  ".cm-line": { padding: "0 16px 0 8px" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "1.5px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "light-dark(#d5e3fb, #284272)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "light-dark(rgb(30 30 20 / 3.5%), rgb(255 255 240 / 4%))" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--ink-3)", border: "none", paddingLeft: "4px" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.25rem", padding: "0 6px" },
  ".cm-selectionMatch": { backgroundColor: "light-dark(#eef0e6, #2b2e26)" },
  ".cm-searchMatch": { backgroundColor: "light-dark(#ffe28a, #6b5200)" },
  ".cm-searchMatch-selected": { backgroundColor: "light-dark(#ffbf66, #9c6a10)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panel.cm-search": { padding: "8px 12px", fontFamily: "var(--font)" },
  ".cm-textfield": { backgroundColor: "var(--surface)", border: "1px solid var(--line-strong)", borderRadius: "5px", color: "var(--ink)" },
  ".cm-button": {
    backgroundImage: "none",
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line-strong)",
    borderRadius: "5px",
    color: "var(--ink)",
  },
  ".cm-tooltip": { backgroundColor: "var(--raised)", border: "1px solid var(--line)", borderRadius: "8px", boxShadow: "var(--shadow-l)" },
  ".cm-diagnostic": { fontFamily: "var(--font)", fontSize: "0.8125rem", padding: "6px 12px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--bad)" },
});

export const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--ink)", fontWeight: "600" },
    { tag: [tags.string, tags.content], color: "var(--code-text)" },
    { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--code-value)" },
    { tag: [tags.labelName, tags.typeName, tags.meta, tags.special(tags.string)], color: "var(--code-mark)" },
    { tag: tags.comment, color: "var(--ink-3)", fontStyle: "italic" },
    { tag: [tags.punctuation, tags.separator, tags.brace, tags.squareBracket], color: "var(--ink-3)" },
  ]),
);

/** Typing over a selection in Chromium makes elements with styles of their own, which the policy refuses: so it is done here. */
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== "insertText" || event.data === null || view.composing || view.state.readOnly || view.state.selection.main.empty)
      return false;
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    event.preventDefault();
    return true;
  },
});

const fixed = (readonly: boolean) => [EditorState.readOnly.of(readonly), EditorView.editable.of(!readonly)];

function diagnostic(doc: Text, { message, line, column }: Problem): Diagnostic {
  const place = doc.line(Math.min(Math.max(line ?? 1, 1), doc.lines));
  const from = Math.min(place.from + Math.max((column ?? 1) - 1, 0), place.to);
  return { from, to: column && from < place.to ? place.to : Math.max(from, place.to), severity: "error", message };
}

/**
 * A YAML editor. It lives in a shadow root, where CodeMirror brings its style by `adoptedStyleSheets`:
 * in the document itself it would add a style element, which the content security policy refuses.
 */
export function mountEditor(host: HTMLElement, { text, label, readonly, plain, onchange, check, onchecked }: EditorOptions): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const writing = new Compartment();
  let marked: Problem | undefined;

  const found = (view: EditorView) => {
    const own = check?.(view.state.doc.toString());
    onchecked?.(own);
    return [own, marked].filter((problem) => problem !== undefined).map((problem) => diagnostic(view.state.doc, problem));
  };

  const view = new EditorView({
    root,
    parent: root,
    doc: text,
    extensions: [
      lineNumbers(),
      highlightActiveLineGutter(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      indentUnit.of("  "),
      plain ? [] : yaml(),
      search({ top: true }),
      linter(found, { delay: 350 }),
      lintGutter(),
      keymap.of([...searchKeymap, ...historyKeymap, ...lintKeymap, indentWithTab, ...defaultKeymap]),
      writing.of(fixed(readonly)),
      EditorView.contentAttributes.of({
        "aria-label": label,
        "aria-multiline": "true",
        tabindex: "0",
        spellcheck: "false",
        autocapitalize: "off",
        autocorrect: "off",
      }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        marked = undefined;
        onchange(update.state.doc.toString());
      }),
      typeOver,
      look,
      colours,
    ],
  });

  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(next) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    setReadonly: (next) => view.dispatch({ effects: writing.reconfigure(fixed(next)) }),
    mark(problem) {
      marked = problem;
      forceLinting(view);
    },
    show(problem) {
      const { from } = diagnostic(view.state.doc, problem);
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
      view.focus();
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
