/**
 * The data-flow graph of a program: functions, loops and lists are elaborated away, and equal expressions are one node
 * (hash-consing). Its evaluator (`evaluate.ts`) is the meaning of a program; every later form is checked against it.
 */
import type { Span } from '../source/source-file.ts';
import { type Value, valueKey } from './value.ts';

export type ComparisonOperator = '==' | '!=' | '<' | '>' | '<=' | '>=';
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'and' | 'or' | ComparisonOperator;
export type UnaryOperator = 'not' | '-' | '+' | 'round' | 'indicator';
/** How the base s-op reads the input: Python's str(), int(), float(), bool(), or as given. */
export type TokenCast = 'asis' | 'str' | 'int' | 'float' | 'bool';

/** A list, string or dictionary of atoms, used as a function by indexing it with an s-op. */
export type Table =
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'dictionary'; readonly entries: readonly (readonly [Value, Value])[] };

/** What an elementwise node does at one position to the values of its arguments there. */
export type Operation =
  | { readonly kind: 'binary'; readonly operator: BinaryOperator }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator }
  /** Arguments: condition, then, otherwise. Both branches are always evaluated. */
  | { readonly kind: 'choose' }
  | { readonly kind: 'member'; readonly values: readonly Value[] }
  | { readonly kind: 'lookup'; readonly table: Table }
  /** A function of what a string says; `argument` is empty where it takes none. */
  | { readonly kind: 'text'; readonly name: TextFunction; readonly argument: string };

export const TEXT_FUNCTIONS = ['matches', 'count_in', 'text_length', 'starts_with', 'ends_with'] as const;
export type TextFunction = (typeof TEXT_FUNCTIONS)[number];

export interface NodeBase {
  /** Creation order, which is a topological order: every argument has a smaller id. */
  readonly id: number;
  /** The source expressions this node stands for, the first one first; of very many only some. */
  readonly spans: readonly Span[];
  /** The name the source gave it, where it gave one (the first). */
  readonly name: string | null;
}

export interface Tokens extends NodeBase {
  readonly kind: 'tokens';
  readonly cast: TokenCast;
}
export interface Indices extends NodeBase {
  readonly kind: 'indices';
}
export interface Constant extends NodeBase {
  readonly kind: 'constant';
  readonly value: Value;
}
export interface Elementwise extends NodeBase {
  readonly kind: 'elementwise';
  readonly operation: Operation;
  readonly args: readonly SOp[];
}
/** Per query: the default when nothing is selected, the value when one position is, else the arithmetic mean. */
export interface Aggregate extends NodeBase {
  readonly kind: 'aggregate';
  readonly selector: Selector;
  readonly value: SOp;
  readonly default: Value;
}
/** How many positions each query selects, as an int. */
export interface SelectorWidth extends NodeBase {
  readonly kind: 'width';
  readonly selector: Selector;
}
/** What is made of the values at the selected positions; `sum` of no value is 0. */
export type ReductionOperator = 'sum' | 'max' | 'min';
/** Per query: the sum, the largest or the smallest of the numbers at the selected positions, the default where there are none. */
export interface Reduction extends NodeBase {
  readonly kind: 'reduction';
  readonly operator: ReductionOperator;
  readonly selector: Selector;
  readonly value: SOp;
  readonly default: Value;
}
export type SOp = Tokens | Indices | Constant | Elementwise | Aggregate | SelectorWidth | Reduction;

/** `keys[j] operator queries[i]` for query position i and key position j. */
export interface Select extends NodeBase {
  readonly kind: 'select';
  readonly keys: SOp;
  readonly queries: SOp;
  readonly operator: ComparisonOperator;
}
export interface SelectorBinary extends NodeBase {
  readonly kind: 'and' | 'or';
  readonly left: Selector;
  readonly right: Selector;
}
/** The complement; in a causal program, within the positions so far. */
export interface SelectorNot extends NodeBase {
  readonly kind: 'not';
  readonly selector: Selector;
}
/** Of the positions that each query selects, only the last or the first. */
export interface SelectorExtreme extends NodeBase {
  readonly kind: 'rightmost' | 'leftmost';
  readonly selector: Selector;
}
export type Selector = Select | SelectorBinary | SelectorNot | SelectorExtreme;

export type GraphNode = SOp | Selector;

type WithoutBase<Node> = Node extends unknown ? Omit<Node, keyof NodeBase> : never;
/** A node's content, before the graph gives it an identity. */
export type NodeContent = WithoutBase<GraphNode>;

export function isSelector(node: GraphNode): node is Selector {
  switch (node.kind) {
    case 'select':
    case 'and':
    case 'or':
    case 'not':
    case 'rightmost':
    case 'leftmost':
      return true;
    default:
      return false;
  }
}

/** The nodes that a node reads, in order. */
export function argumentsOf(node: GraphNode): readonly GraphNode[] {
  switch (node.kind) {
    case 'tokens':
    case 'indices':
    case 'constant':
      return [];
    case 'elementwise':
      return node.args;
    case 'aggregate':
    case 'reduction':
      return [node.selector, node.value];
    case 'width':
      return [node.selector];
    case 'select':
      return [node.keys, node.queries];
    case 'and':
    case 'or':
      return [node.left, node.right];
    case 'not':
    case 'rightmost':
    case 'leftmost':
      return [node.selector];
    default:
      return assertNever(node);
  }
}

/** Every node that the roots need, each once, arguments before users. Iterative: graphs can be deep. */
export function reachable(roots: Iterable<GraphNode>): GraphNode[] {
  const seen = new Set<GraphNode>();
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    pending.push(...argumentsOf(node));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** `indices` may stand in ten thousand places; the first ones are enough to show. */
const MAX_SPANS = 16;

interface MutableProvenance {
  spans: Span[];
  name: string | null;
}

/** Makes nodes, each distinct content once. Nodes never change but for the spans and the name they gather. */
export class Graph {
  readonly #byKey = new Map<string, GraphNode>();
  #nextId = 0;

  /** How many nodes there are. */
  get size(): number {
    return this.#nextId;
  }

  tokens(cast: TokenCast, span?: Span | null): Tokens {
    return this.add({ kind: 'tokens', cast }, span) as Tokens;
  }
  indices(span?: Span | null): Indices {
    return this.add({ kind: 'indices' }, span) as Indices;
  }
  constant(value: Value, span?: Span | null): Constant {
    return this.add({ kind: 'constant', value }, span) as Constant;
  }
  elementwise(operation: Operation, args: readonly SOp[], span?: Span | null): Elementwise {
    return this.add({ kind: 'elementwise', operation, args }, span) as Elementwise;
  }
  binary(operator: BinaryOperator, left: SOp, right: SOp, span?: Span | null): Elementwise {
    return this.elementwise({ kind: 'binary', operator }, [left, right], span);
  }
  unary(operator: UnaryOperator, argument: SOp, span?: Span | null): Elementwise {
    return this.elementwise({ kind: 'unary', operator }, [argument], span);
  }
  aggregate(selector: Selector, value: SOp, otherwise: Value, span?: Span | null): Aggregate {
    return this.add({ kind: 'aggregate', selector, value, default: otherwise }, span) as Aggregate;
  }
  reduction(operator: ReductionOperator, selector: Selector, value: SOp, otherwise: Value, span?: Span | null): Reduction {
    return this.add({ kind: 'reduction', operator, selector, value, default: otherwise }, span) as Reduction;
  }
  width(selector: Selector, span?: Span | null): SelectorWidth {
    return this.add({ kind: 'width', selector }, span) as SelectorWidth;
  }
  select(keys: SOp, queries: SOp, operator: ComparisonOperator, span?: Span | null): Select {
    return this.add({ kind: 'select', keys, queries, operator }, span) as Select;
  }
  and(left: Selector, right: Selector, span?: Span | null): Selector {
    return this.add({ kind: 'and', left, right }, span) as Selector;
  }
  or(left: Selector, right: Selector, span?: Span | null): Selector {
    return this.add({ kind: 'or', left, right }, span) as Selector;
  }
  not(selector: Selector, span?: Span | null): Selector {
    return this.add({ kind: 'not', selector }, span) as Selector;
  }
  extreme(kind: 'rightmost' | 'leftmost', selector: Selector, span?: Span | null): Selector {
    return this.add({ kind, selector }, span) as Selector;
  }

  /** Gives a node the name the source binds it to, if it has none yet. */
  name(node: GraphNode, name: string): void {
    const provenance = node as unknown as MutableProvenance;
    provenance.name ??= name;
  }

  /** Adds a source expression to those that the node stands for. */
  noteSpan(node: GraphNode, span: Span): void {
    const { spans } = node as unknown as MutableProvenance;
    if (spans.length < MAX_SPANS && !spans.some((s) => s.file === span.file && s.start === span.start && s.end === span.end))
      spans.push(span);
  }

  add(content: NodeContent, span?: Span | null): GraphNode {
    const key = contentKey(content);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      if (span) this.noteSpan(known, span);
      return known;
    }
    const node = { ...content, id: this.#nextId++, spans: span ? [span] : [], name: null } as GraphNode;
    this.#byKey.set(key, node);
    return node;
  }
}

function contentKey(content: NodeContent): string {
  switch (content.kind) {
    case 'tokens':
      return `tokens ${content.cast}`;
    case 'indices':
      return 'indices';
    case 'constant':
      return `constant ${valueKey(content.value)}`;
    case 'elementwise':
      return `elementwise ${operationKey(content.operation)} ${content.args.map((a) => a.id).join(' ')}`;
    case 'aggregate':
      return `aggregate ${content.selector.id} ${content.value.id} ${valueKey(content.default)}`;
    case 'reduction':
      return `${content.operator} ${content.selector.id} ${content.value.id} ${valueKey(content.default)}`;
    case 'width':
      return `width ${content.selector.id}`;
    case 'select':
      return `select ${content.keys.id} ${content.queries.id} ${content.operator}`;
    case 'and':
    case 'or':
      return `${content.kind} ${content.left.id} ${content.right.id}`;
    case 'not':
    case 'rightmost':
    case 'leftmost':
      return `${content.kind} ${content.selector.id}`;
    default:
      return assertNever(content);
  }
}

function operationKey(operation: Operation): string {
  switch (operation.kind) {
    case 'binary':
    case 'unary':
      return `${operation.kind} ${operation.operator}`;
    case 'choose':
      return 'choose';
    case 'member':
      return `member ${JSON.stringify(operation.values.map(valueKey))}`;
    case 'text':
      return `${operation.name} ${JSON.stringify(operation.argument)}`;
    case 'lookup':
      return `lookup ${tableKey(operation.table)}`;
    default:
      return assertNever(operation);
  }
}

function tableKey(table: Table): string {
  switch (table.kind) {
    case 'list':
      return `list ${JSON.stringify(table.items.map(valueKey))}`;
    case 'string':
      return `string ${JSON.stringify(table.text)}`;
    case 'dictionary':
      return `dictionary ${JSON.stringify(table.entries.map(([k, v]) => [valueKey(k), valueKey(v)]))}`;
    default:
      return assertNever(table);
  }
}

export function assertNever(impossible: never): never {
  throw new Error(`unreachable: ${JSON.stringify(impossible)}`);
}
