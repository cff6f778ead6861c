/** What is known of a name or an expression, shown beside it: under the pointer, or at the cursor by Control and I. */

import type { Extension } from '@codemirror/state';
import { Prec, StateEffect, StateField } from '@codemirror/state';
import { type EditorView, hoverTooltip, keymap, showTooltip, type Tooltip } from '@codemirror/view';
import type { Said } from './protocol.ts';

type Ask = (text: string, offset: number) => Promise<Said | null>;

export function hoverTip(ask: Ask): Extension {
  return hoverTooltip(async (view, offset) => tooltipOf(await asked(ask, view, offset)));
}

/** By keyboard; whatever is typed or moved afterwards takes it away. */
export function tipAtCursor(ask: Ask): Extension {
  const set = StateEffect.define<Tooltip | null>();
  const field = StateField.define<Tooltip | null>({
    create: () => null,
    update(value, { effects, docChanged, selection }) {
      for (const effect of effects) if (effect.is(set)) return effect.value;
      return docChanged || selection !== undefined ? null : value;
    },
    provide: (own) => showTooltip.from(own),
  });
  const show = (view: EditorView): boolean => {
    void asked(ask, view, view.state.selection.main.head).then((said) => view.dispatch({ effects: set.of(tooltipOf(said)) }));
    return true;
  };
  const hide = (view: EditorView): boolean => {
    if (view.state.field(field) === null) return false;
    view.dispatch({ effects: set.of(null) });
    return true;
  };
  return [
    field,
    Prec.high(
      keymap.of([
        { key: 'Mod-i', run: show },
        { key: 'Escape', run: hide },
      ]),
    ),
  ];
}

/** Nothing where the question was dropped, or is of a text that is gone. */
async function asked(ask: Ask, view: EditorView, offset: number): Promise<Said | null> {
  const text = view.state.doc.toString();
  const said = await ask(text, offset).catch(() => null);
  return view.state.doc.toString() === text ? said : null;
}

function tooltipOf(said: Said | null): Tooltip | null {
  if (said === null) return null;
  const { from, to, text } = said;
  return {
    pos: from,
    end: to,
    above: true,
    create() {
      const dom = document.createElement('div');
      dom.className = 'cm-tip';
      dom.setAttribute('role', 'status');
      dom.append(...nodesOf(text));
      return { dom };
    },
  };
}

/** The little Markdown that is said of names: fenced code, and words of code in sentences. Everything else is text. */
function nodesOf(markdown: string): HTMLElement[] {
  return markdown.split(/^```.*$/m).flatMap((part, number) => {
    const text = part.trim();
    if (text === '') return [];
    const element = document.createElement(number % 2 === 1 ? 'pre' : 'p');
    if (number % 2 === 1) element.textContent = text;
    else {
      for (const [at, piece] of text.split('`').entries()) {
        const node = document.createElement(at % 2 === 1 ? 'code' : 'span');
        node.textContent = piece;
        element.append(node);
      }
    }
    return [element];
  });
}
