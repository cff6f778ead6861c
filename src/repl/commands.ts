/** What a line that starts with `:` does: looks at the program rather than being part of it. */

import { graphCost } from '../graph/cost.ts';
import { describeTerm, isNode, type Term } from '../graph/elaborate/terms/term.ts';
import { SelectorMatrix } from '../graph/evaluate/selector-matrix.ts';
import type { Sequence } from '../graph/evaluate/sequence.ts';
import { equalityKey } from '../graph/evaluate/values/apply-operation.ts';
import { type GraphNode, isSelector } from '../graph/graph.ts';
import { elementText } from '../graph/show/display-text.ts';
import type { Value } from '../graph/value.ts';

export interface CommandContext {
  /** The term that the command is about; null where the text is faulty, and has been told. */
  evaluate(): Term | null;
  nameOf(node: GraphNode): string;
  /** On the running example. */
  valueOf(node: GraphNode): Sequence | SelectorMatrix;
  /** On the running example; null where nobody draws. */
  drawing(node: GraphNode): string | null;
  describeDomain(node: GraphNode): string | null;
  target(name: string): string;
  compile(words: string): string;
  edit(): string;
}

const HELP: Readonly<Record<string, string>> = {
  ':cost': ':cost EXPRESSION   how many layers and heads it takes',
  ':draw': ':draw EXPRESSION   what each layer and head does on the running example',
  ':type': ':type EXPRESSION   what it is, and which values it takes',
  ':target': ':target [FAMILY]   which family of models is meant, or which one is',
  ':compile': ':compile [NAME…] [-o FOLDER]   a model of what was typed, and written there',
  ':edit': ':edit              the statement before, or the one that is not done, in an editor (VISUAL or EDITOR)',
  ':help': ':help              these lines',
};

/** These can stand alone. */
const ALONE: ReadonlyMap<string, (context: CommandContext, text: string) => string> = new Map([
  [':target', (context, text) => context.target(text)],
  [':compile', (context, text) => context.compile(text)],
  [':edit', (context) => context.edit()],
]);

export const COMMANDS: readonly string[] = Object.keys(HELP);

/** Returns what to print. */
export function runCommand(word: string, text: string, context: CommandContext): string {
  const alone = ALONE.get(word);
  if (alone !== undefined) return alone(context, text);
  if (!(word in HELP) || word === ':help' || text === '') {
    const start = word in HELP ? '' : `\tthere is no command ${word}\n`;
    return (
      start +
      Object.values(HELP)
        .map((line) => `\t${line}\n`)
        .join('')
    );
  }
  const term = context.evaluate();
  if (term === null) return '';
  if (!isNode(term)) return `\t${describeTerm(term)}: it costs nothing, since it is known before any input is seen\n`;
  return word === ':cost' ? costText(term) : word === ':draw' ? drawing(term, context) : typeText(term, context);
}

function costText(node: GraphNode): string {
  const { layers } = graphCost([node]);
  if (layers.length === 0) return '\t0 layers\n';
  const heads = layers.map((selectors) => selectors.length);
  return `\t${layers.length} layer${layers.length === 1 ? '' : 's'}, heads per layer: ${heads.join(' ')}\n`;
}

function drawing(node: GraphNode, context: CommandContext): string {
  const { layers } = graphCost([node]);
  const lines = layers.map((selectors, index) => {
    const heads = selectors.map((selector, head) => `\t  head ${head + 1}: ${context.nameOf(selector)}\n`);
    return `\tlayer ${index + 1}\n${heads.join('')}`;
  });
  return (context.drawing(node) ?? lines.join('')) + costText(node);
}

const SHOWN = 16;

function typeText(node: GraphNode, context: CommandContext): string {
  const domain = context.describeDomain(node);
  if (domain !== null) return `\t${domain}\n`;
  const value = context.valueOf(node);
  if (isSelector(node) || value instanceof SelectorMatrix) return '\tselector\n';
  const distinct = new Map<string | number | bigint, Value>(value.values.map((each) => [equalityKey(each), each]));
  const shown = [...distinct.values()].slice(0, SHOWN).map(elementText);
  return `\ts-op of ${value.type}s; on the running example ${shown.join(', ')}${distinct.size > SHOWN ? ', …' : ''}\n`;
}
