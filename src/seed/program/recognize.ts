/**
 * From the graph of a program to the heads that seed it. Recognition is by meaning, not by name: comparisons of positions, equality of
 * tokens and of moved tokens, and what is aggregated over them. Everything else is refused where it stands (R7701).
 */
import { fail } from '../../diagnostics/catalog.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import type { Aggregate, Elementwise, GraphNode, Selector, SOp } from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import type { Span } from '../../source/source-file.ts';
import type { Content, ContentMatch, MeanHead, SeedHead, SeedOutput, SeedProgram } from './seed-program.ts';
import { tabulateTokens } from './tabulate-tokens.ts';

/** Token ids of a program's vocabulary: for each value its id, and null for the value that stands for all other tokens. */
export type TokenIds = ReadonlyMap<string, number | null>;

/** A program to seed, and for a small alphabet the ids of its tokens. */
export interface SeedSource {
  readonly program: Program;
  readonly ids: TokenIds;
  /** Ids of the tokens that say a value, where that is not what the value's own id is. */
  readonly named?: (value: Value) => readonly number[];
}

const TOKENS: Content = { kind: 'tokens' };

function contentKey(content: Content): string {
  return content.kind === 'tokens' ? 'tokens' : `(${content.head.key})`;
}

function refuse(node: GraphNode, why: string, span: Span | null | undefined = node.spans[0]): never {
  return fail('R7701', { why }, { span, label: 'this cannot be seeded' });
}

/** The heads of all programs together. Heads that two expressions share are one. */
export function recognize(sources: readonly SeedSource[]): SeedProgram {
  const heads = new Map<string, SeedHead>();
  const outputs: SeedOutput[] = [];
  for (const source of sources) {
    if (source.program.exports.length === 0) fail('R7702', { file: source.program.source.path });
    const recognizer = new Recognizer(source, heads);
    for (const { name, node, span } of source.program.exports) {
      const used = outputs.find((output) => output.name === name);
      if (used !== undefined) fail('R7703', { name }, { span });
      outputs.push(recognizer.output(name, node, span));
    }
  }
  return { heads: [...heads.values()], outputs };
}

/** `a·index + b` with a 0 or 1. */
interface PositionForm {
  readonly moves: boolean;
  readonly offset: number;
}

/** A selector as a conjunction. */
interface Condition {
  matches: { readonly key: SOp; readonly query: SOp }[];
  /** Key position = query position − shift. */
  shift: number | null;
  /** Key position = 0. */
  first: boolean;
  /** Key position < query position. */
  strict: boolean;
  prefers: 'last' | 'first' | null;
}

class Recognizer {
  readonly #heads: Map<string, SeedHead>;
  readonly #source: SeedSource;

  constructor(source: SeedSource, heads: Map<string, SeedHead>) {
    this.#source = source;
    this.#heads = heads;
  }

  output(name: string, node: SOp, span: Span | null): SeedOutput {
    const presence = presenceOf(node);
    if (presence !== null) return { name, span, kind: 'presence', head: this.#presence(presence, node, name) };
    if (node.kind !== 'aggregate') refuse(node, describe(node));
    const mean = this.#mean(node, name);
    if (mean !== null) return { name, span, kind: 'mean', head: mean };
    const content = this.#content(node, name);
    if (content.kind === 'tokens') return refuse(node, 'it is the input itself, which needs no circuit');
    return { name, span, kind: 'tokens', head: content.head };
  }

  /** A head of this key: the one that is there, or a new one. */
  #intern<Head extends SeedHead>(head: Head): Head {
    const known = this.#heads.get(head.key);
    if (known !== undefined) return known as Head;
    this.#heads.set(head.key, head);
    return head;
  }

  /** A sequence of tokens. */
  #content(node: SOp, name: string | null = node.name): Content {
    if (node.kind === 'tokens') {
      if (this.#source.program.vocabulary?.kind !== 'any')
        refuse(node, 'tokens are moved and compared with each other under `@vocab any` only');
      return TOKENS;
    }
    if (node.kind !== 'aggregate') return refuse(node, describe(node));
    const condition = conditionOf(node.selector);
    const own = { name: name ?? 'head', span: node.spans[0] ?? null };
    if (!condition.first && !valuesEqual(node.default, 0n)) {
      refuse(node, `it gives ${sourceText(node.default)} where nothing is selected, and a seed says nothing there`);
    }
    if (condition.matches.length > 0) return { kind: 'moved', head: this.#match(condition, this.#content(node.value), node, own) };
    const moves = this.#content(node.value);
    if (condition.prefers !== null) refuse(node.selector, 'it chooses among positions that no comparison of tokens selects');
    if (condition.shift !== null) {
      if (condition.first) refuse(node.selector, 'it fixes a position in two ways at once');
      if (condition.strict && condition.shift === 0) refuse(node.selector, 'it selects nothing');
      return this.#shifted(moves, condition.shift, own, node);
    }
    if (condition.first) {
      if (condition.strict) refuse(node.selector, 'it leaves out the first position itself');
      const key = `first ${contentKey(moves)}`;
      return { kind: 'moved', head: this.#intern({ kind: 'first', key, moves, ...own }) };
    }
    return refuse(node, 'its selector selects no single position of tokens');
  }

  #shifted(moves: Content, by: number, own: { name: string; span: Span | null }, node: GraphNode): Content {
    if (by < 0) refuse(node, 'it moves tokens from later positions, which a causal model does not see');
    if (by === 0) return moves;
    return { kind: 'moved', head: this.#intern({ kind: 'shift', key: `shift ${by} ${contentKey(moves)}`, by, moves, ...own }) };
  }

  #match(
    condition: Condition,
    moves: Content | { readonly kind: 'presence' },
    node: GraphNode,
    own: { name: string; span: Span | null },
  ): SeedHead {
    if (condition.first || condition.shift !== null) refuse(node, 'its selector compares tokens and fixes a position at once');
    // A match strictly before is a match one position further on of what stood one position before: no head has to leave out its own position.
    const before = (content: Content): Content =>
      condition.strict ? this.#shifted(content, 1, { name: 'previous', span: null }, node) : content;
    const matches: ContentMatch[] = condition.matches.map(({ key, query }) => ({
      key: before(this.#content(key)),
      query: this.#content(query),
    }));
    const value = moves.kind === 'presence' ? moves : before(moves);
    if (!condition.strict && matches.some(({ key, query }) => contentKey(key) === contentKey(query))) {
      refuse(node, 'every position matches itself; add `and select(indices, indices, <)`');
    }
    const pairs = matches.map(({ key, query }) => `${contentKey(key)}=${contentKey(query)}`).sort();
    const key = `match ${pairs.join(' ')} ${condition.prefers ?? 'all'} -> ${value.kind === 'presence' ? 'presence' : contentKey(value)}`;
    return this.#intern({ kind: 'match', key, matches, prefers: condition.prefers, after: condition.strict ? 1 : 0, moves: value, ...own });
  }

  #presence(selector: Selector, node: SOp, name: string): SeedHead {
    const condition = conditionOf(selector);
    if (condition.matches.length === 0) refuse(node, 'it asks whether a position exists, not whether tokens match');
    return this.#match(condition, { kind: 'presence' }, node, { name, span: node.spans[0] ?? null });
  }

  /** The mean of a function of the token over all positions so far, or null where `node` is none. */
  #mean(node: Aggregate, name: string): MeanHead | null {
    const { vocabulary } = this.#source.program;
    if (vocabulary?.kind !== 'tokens') return null;
    const condition = conditionOf(node.selector);
    if (condition.matches.length > 0 || condition.shift !== null || condition.first || condition.strict || condition.prefers !== null) {
      refuse(node.selector, 'over a small alphabet only means over all positions are seeded');
    }
    const table = tabulateTokens(node.value, vocabulary.values);
    if (table === null) return refuse(node.value, 'it is no number that depends on the token alone');
    const ids = vocabulary.values.map((value) => this.#source.ids.get(String(value)) ?? null);
    const values = table.flatMap((value, i) => (ids[i] === null ? [] : [{ id: ids[i] as number, value }]));
    const otherwise = table.find((_, i) => ids[i] === null) ?? 0;
    const key = `mean ${values.map(({ id, value }) => `${id}:${value}`).join(' ')} else ${otherwise}`;
    return this.#intern({ kind: 'mean', key, values, otherwise, name, span: node.spans[0] ?? null });
  }
}

function describe(node: SOp): string {
  switch (node.kind) {
    case 'width':
      return 'it counts positions; seeds move tokens and ask whether there is a match';
    case 'elementwise':
      return 'it computes on values; seeds move tokens and compare them for equality';
    case 'indices':
      return 'it is a position, and seeds are about tokens';
    case 'constant':
      return 'it is a constant';
    default:
      return 'seeds move tokens and compare them for equality';
  }
}

/** The selector whose emptiness an expression asks for: `has_focus(s)`, `selector_width(s) > 0`, or an average of True. */
function presenceOf(node: SOp): Selector | null {
  if (node.kind === 'elementwise' && node.operation.kind === 'binary') {
    const [left, right] = node.args as [SOp, SOp];
    const { operator } = node.operation;
    const isNumber = (arg: SOp, number: bigint): boolean => arg.kind === 'constant' && valuesEqual(arg.value, number);
    if (left.kind === 'width' && ((operator === '>' && isNumber(right, 0n)) || (operator === '>=' && isNumber(right, 1n))))
      return left.selector;
    if (left.kind === 'width' && operator === '!=' && isNumber(right, 0n)) return left.selector;
  }
  if (node.kind === 'aggregate' && node.value.kind === 'constant' && valuesEqual(node.value.value, 1n) && valuesEqual(node.default, 0n)) {
    return node.selector;
  }
  return null;
}

function positionForm(node: SOp): PositionForm | null {
  if (node.kind === 'indices') return { moves: true, offset: 0 };
  if (node.kind === 'constant' && typeof node.value === 'bigint') return { moves: false, offset: Number(node.value) };
  return node.kind === 'elementwise' ? sumForm(node) : null;
}

function sumForm({ operation, args }: Elementwise): PositionForm | null {
  if (operation.kind !== 'binary' || (operation.operator !== '+' && operation.operator !== '-')) return null;
  const [left, right] = args.map(positionForm);
  if (!left || !right || (left.moves && right.moves) || (right.moves && operation.operator === '-')) return null;
  return { moves: left.moves || right.moves, offset: left.offset + (operation.operator === '-' ? -right.offset : right.offset) };
}

function conditionOf(selector: Selector): Condition {
  const condition: Condition = { matches: [], shift: null, first: false, strict: false, prefers: null };
  addTo(condition, selector);
  return condition;
}

function addTo(condition: Condition, selector: Selector): void {
  switch (selector.kind) {
    case 'and':
      for (const side of [selector.left, selector.right]) {
        // it chooses before the other condition is asked
        if (side.kind === 'rightmost' || side.kind === 'leftmost')
          refuse(side, `\`${side.kind}\` chooses last: a condition after it is another thing`);
        addTo(condition, side);
      }
      return;
    case 'rightmost':
    case 'leftmost':
      if (selector.selector.kind === 'rightmost' || selector.selector.kind === 'leftmost')
        refuse(selector, 'it chooses of one position that is chosen already');
      addTo(condition, selector.selector);
      condition.prefers = selector.kind === 'rightmost' ? 'last' : 'first';
      return;
    case 'or':
    case 'not':
      refuse(selector, 'seeds join conditions with `and` only');
      return;
    case 'select':
      addComparison(condition, selector);
      return;
  }
}

function addComparison(condition: Condition, selector: Selector & { kind: 'select' }): void {
  const { keys, queries, operator } = selector;
  const key = positionForm(keys);
  const query = positionForm(queries);
  if (key === null || query === null) {
    if (key !== null || query !== null) refuse(selector, 'it compares a token with a position or a number');
    if (operator !== '==') refuse(selector, `tokens are compared with \`==\` only, not with \`${operator}\``);
    condition.matches.push({ key: keys, query: queries });
    return;
  }
  // key position `operator` query position + difference
  const difference = query.offset - key.offset;
  if (!key.moves && !query.moves) {
    const holds = {
      '==': difference === 0,
      '!=': difference !== 0,
      '<': difference > 0,
      '>': difference < 0,
      '<=': difference >= 0,
      '>=': difference <= 0,
    };
    if (!holds[operator]) refuse(selector, 'it selects nothing');
    return;
  }
  if (key.moves && query.moves) {
    if (operator === '==' && condition.shift === null) condition.shift = -difference;
    else if ((operator === '<' && difference === 0) || (operator === '<=' && difference === -1)) condition.strict = true;
    else if (!((operator === '<=' && difference >= 0) || (operator === '<' && difference > 0))) {
      refuse(selector, 'of positions, seeds know `indices - n`, those before (`<`) and the first');
    }
    return;
  }
  if (key.moves && operator === '==' && difference === 0) condition.first = true;
  else refuse(selector, 'of positions, seeds know `indices - n`, those before (`<`) and the first');
}
