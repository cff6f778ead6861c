/** The editor: CodeMirror with RASP's words in colours, names that complete themselves, and the library's diagnostics under the text. */
import { autocompletion, type CompletionSource } from '@codemirror/autocomplete';
import { HighlightStyle, StreamLanguage, type StreamParser, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { Prec } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import type { Completion } from '../src/language/completion.ts';
import { hoverTip, tipAtCursor } from './hover-tip.ts';
import type { Problem, QuickFix, Said } from './protocol.ts';

const KEYWORDS = /^(?:def|return|for|in|if|else|and|or|not|load|draw|True|False)\b/;

/** Line by line: RASP has no token of two lines. */
const parser: StreamParser<null> = {
  name: 'rasp',
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return 'comment';
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string';
    if (stream.match(/^@\w+/)) return 'meta';
    if (stream.match(/^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/)) return 'number';
    if (stream.match(KEYWORDS)) return 'keyword';
    if (stream.match(/^[A-Za-z_]\w*/)) return 'variableName';
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: '#' }, closeBrackets: { brackets: ['(', '[', '{', '"'] } },
};

const COLOURS = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--faint)' },
  { tag: tags.string, color: 'var(--h2)' },
  { tag: tags.number, color: 'var(--h1)' },
  { tag: tags.meta, color: 'var(--h3)' },
  { tag: tags.keyword, color: 'var(--h0)' },
]);

const THEME = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--paper)', fontSize: '13px' },
  '.cm-content': { caretColor: 'var(--ink)', fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--cell)' },
  '.cm-gutters': { backgroundColor: 'var(--box)', color: 'var(--faint)', borderRight: '1px solid var(--edge)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--cell) 40%, transparent)' },
  '.cm-tooltip, .cm-panels': { backgroundColor: 'var(--box)', color: 'var(--ink)', border: '1px solid var(--edge)' },
  '.cm-tip': { padding: '4px 10px', maxWidth: '36rem', maxHeight: '20rem', overflow: 'auto' },
  '.cm-tip pre': { margin: '4px 0', whiteSpace: 'pre-wrap' },
  '.cm-tip p': { margin: '4px 0', whiteSpace: 'pre-wrap' },
  '.cm-diagnosticAction': { backgroundColor: 'var(--share)', color: 'var(--paper)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--share)', color: 'var(--paper)' },
});

export interface EditorOptions {
  readonly parent: HTMLElement;
  readonly text: string;
  readonly onText: (text: string) => void;
  /** Control and Enter. */
  readonly onRun: () => void;
  readonly complete: (text: string, offset: number) => Promise<readonly Completion[]>;
  readonly hover: (text: string, offset: number) => Promise<Said | null>;
}

export function openEditor({ parent, text, onText, onRun, complete, hover }: EditorOptions): EditorView {
  const run = (): boolean => {
    onRun();
    return true;
  };
  const view = new EditorView({
    parent,
    doc: text,
    extensions: [
      Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
      basicSetup,
      StreamLanguage.define(parser),
      syntaxHighlighting(COLOURS),
      lintGutter(),
      autocompletion({ override: [completionSource(complete)] }),
      hoverTip(hover),
      tipAtCursor(hover),
      THEME,
      EditorView.contentAttributes.of({ 'aria-label': 'Program' }),
      EditorView.updateListener.of(({ docChanged, state }) => docChanged && onText(state.doc.toString())),
    ],
  });
  // what scrolls has to be reachable by keyboard
  view.scrollDOM.tabIndex = 0;
  return view;
}

const KINDS: Readonly<Record<Completion['kind'], string>> = {
  function: 'function',
  value: 'variable',
  keyword: 'keyword',
  directive: 'keyword',
  file: 'text',
  parameter: 'variable',
};

function completionSource(complete: EditorOptions['complete']): CompletionSource {
  return async (context) => {
    const { state, pos, explicit } = context;
    const before = state.sliceDoc(Math.max(0, pos - 1), pos);
    if (!explicit && !/[\w@"/]/.test(before)) return null;
    const found = await complete(state.doc.toString(), pos).catch(() => []);
    if (context.aborted || found.length === 0) return null;
    const options = found.map(({ label, kind, detail, meaning }) => ({ label, type: KINDS[kind], detail, info: meaning }));
    return { from: pos - (found[0]?.replaces ?? 0), options, validFor: /^@?\w*$/ };
  };
}

/** Puts the problems under the text that they are of; the editor may be a version later. */
export function showProblems(view: EditorView, text: string, problems: readonly Problem[]): void {
  const { length } = view.state.doc;
  const shown = problems.flatMap(({ place, severity, code, message, more, fixes }): Diagnostic[] => {
    if (place === null) return [];
    const from = Math.min(place[0], length);
    const to = Math.min(Math.max(place[1], from), length);
    const actions = fixes.map((fix) => ({ name: fix.title, apply: () => applyFix(view, text, fix) }));
    const said = [`${code}: ${message}`, ...more].join('\n');
    return [{ from, to, severity: severity === 'note' ? 'info' : severity, message: said, actions }];
  });
  view.dispatch(setDiagnostics(view.state, shown));
}

/** Changes the text as a fix says, unless it is another text by now. */
export function applyFix(view: EditorView, text: string, { edits }: QuickFix): void {
  if (view.state.doc.toString() !== text) return;
  view.dispatch({ changes: [...edits] });
  view.focus();
}

/** Another program in place of the one that is there. */
export function replaceText(view: EditorView, text: string): void {
  if (view.state.doc.toString() !== text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}
