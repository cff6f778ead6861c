/**
 * The tokens of a tokenizer in classes: all that a program asks of a token is some functions of what it says, and tokens on which they agree are one
 * value to it. What leaves is a small alphabet, one token of each class, and the class of each id.
 */

import { diagnose, fail } from '../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { evaluate } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { applyOperation } from '../../graph/evaluate/values/apply-operation.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import {
  argumentsOf,
  type ComparisonOperator,
  type Constant,
  type Elementwise,
  type GraphNode,
  isSelector,
  reachable,
  type Select,
  type SOp,
} from '../../graph/graph.ts';
import type { Program } from '../../graph/program.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import { isWholeChoice, isWholeToken, NO_TOKEN } from '../../graph/whole-token.ts';
import type { Span } from '../../source/source-file.ts';
import { unansweredUse } from './whole-tokens.ts';

export interface TokenClasses {
  /** What one token of each class says, the class of the lowest id first; of programs that ask which token it is, what some more of each say. */
  readonly values: readonly string[];
  /** By id. */
  readonly classOf: Int32Array;
  /** Where a program asks which token it is beside what tokens say: of each value the id that it is of. */
  readonly ids: readonly number[] | null;
}

/** Where it counts which token it is, each class has so many, and all together at least so many. */
const MEMBERS = 3;
const LEAST_TOKENS = 12;

/** What a program asks of its tokens: functions of one token, each of which is asked for as a whole; and whether it asks for the token itself. */
interface Asked {
  readonly functions: readonly SOp[];
  readonly comparisons: readonly Comparison[];
  /** Where tokens are compared with each other, moved or exported. */
  readonly whole: GraphNode | null;
}

interface Comparison {
  readonly node: Select;
  readonly holds: (text: string) => Value;
}

/** Whether a program only compares its tokens with each other and moves them, as one over `@vocab any`: where there is no token it says 0. */
export function asksOnlyIdentity(program: Program): boolean {
  const { functions, comparisons, whole } = askedOf(program);
  if (functions.length > 0 || comparisons.length > 0 || whole === null) return false;
  const nodes = reachable(program.exports.map(({ node }) => node));
  return nodes.every((node) => {
    if (node.kind === 'elementwise') return !node.args.some(isWholeToken);
    return node.kind !== 'aggregate' || !isWholeToken(node) || node.default === 0n;
  });
}

/** The parts of a program by what its exports ask: which token it is, or what tokens say. Those that ask both are of the second. */
export function partsByAsking(program: Program): Program[] {
  const isOfIdentity = program.exports.map((each) => asksOnlyIdentity({ ...program, exports: [each] }));
  const part = (isOfWhich: boolean): Program => ({ ...program, exports: program.exports.filter((_, i) => isOfIdentity[i] === isOfWhich) });
  return [part(true), part(false)].filter(({ exports }) => exports.length > 0);
}

/** Whether a program asks which token it is. */
export function asksWhole(program: Program): boolean {
  return askedOf(program).whole !== null;
}

/**
 * @param texts what each token says, by id
 * @param turn another number takes other tokens of each class, where it counts which token it is
 * Diagnostics: R7734 where tokens themselves are asked for in a way that no code of them answers, and those of evaluating a function on each token.
 */
export function tokenClasses(program: Program, texts: readonly string[], turn = 0): TokenClasses {
  const { functions, comparisons, whole } = askedOf(program);
  const unanswered = whole === null ? null : unansweredUse(program);
  if (unanswered !== null) fail('R7734', {}, { span: unanswered.spans[0] });
  // one value for each text: a tokenizer has some texts many times
  const distinct = [...new Set(texts)];
  const results = evaluate(functions, distinct, { causal: true });
  const columns = functions.map((node) => (results.get(node) as Sequence).values);
  const classOfText = new Map<string, number>();
  const known = new Map<string, number>();
  const values: string[] = [];
  for (const [i, text] of distinct.entries()) {
    const own = [...columns.map((column) => column[i] as Value), ...comparisons.map(({ holds }) => holds(text))];
    const key = own.map(valueKey).join('\u0000');
    const found = known.get(key) ?? values.push(text) - 1;
    known.set(key, found);
    classOfText.set(text, found);
  }
  const classes = { values, classOf: Int32Array.from(texts, (text) => classOfText.get(text) as number), ids: null };
  return whole === null ? classes : withMembers(classes, texts, turn);
}

/** Some tokens of each class by themselves, of those that nothing else says; all others stay with the first. */
function withMembers({ values: firsts, classOf: of }: TokenClasses, texts: readonly string[], turn: number): TokenClasses {
  const idsOf = new Map<string, number[]>();
  for (const [id, text] of texts.entries()) {
    const known = idsOf.get(text);
    if (known === undefined) idsOf.set(text, [id]);
    else known.push(id);
  }
  const members = firsts.map((): number[] => []);
  for (const [id, text] of texts.entries()) if (text !== NO_TOKEN && idsOf.get(text)?.length === 1) members[of[id] as number]?.push(id);
  const most = Math.max(MEMBERS, Math.ceil(LEAST_TOKENS / firsts.length));
  const values = [...firsts];
  const classOf = of.slice();
  for (const own of members) {
    const others = own.filter((id) => texts[id] !== firsts[of[id] as number]);
    const count = Math.min(most - 1, others.length);
    for (let i = 0; i < count; i++) {
      const id = others[(Math.floor(((i + 1) * others.length) / (count + 1)) + turn) % others.length] as number;
      classOf[id] = values.push(texts[id] as string) - 1;
    }
  }
  return { values, classOf, ids: exactIds(values.length, classOf) };
}

/** Of each value the first id that counts as it, which is the one that says it. */
export function exactIds(count: number, classOf: ArrayLike<number>): number[] {
  const ids = new Array<number>(count).fill(-1);
  for (let id = classOf.length - 1; id >= 0; id--) ids[classOf[id] as number] = id;
  return ids;
}

/** The program over one token of each class. */
export function withClasses(program: Program, { values, classOf, ids }: TokenClasses): Program {
  const span = program.vocabulary?.span ?? null;
  return { ...program, vocabulary: { kind: 'tokens', values, span, classOf, ...(ids === null ? {} : { ids }) } };
}

function askedOf(program: Program): Asked {
  const roots = [...program.exports.map(({ node }) => node), ...program.assumes.map(({ node }) => node)];
  const nodes = reachable(roots);
  const pure = new Set<GraphNode>();
  for (const node of nodes) {
    if (node.kind === 'tokens') pure.add(node);
    if (
      node.kind === 'elementwise' &&
      !isWholeChoice(node) &&
      node.args.some((arg) => pure.has(arg)) &&
      node.args.every((arg) => pure.has(arg) || arg.kind === 'constant')
    )
      pure.add(node);
  }
  const functions = new Set<SOp>();
  const comparisons: Comparison[] = [];
  let whole: GraphNode | null = null;
  const ask = (node: GraphNode, by: GraphNode): void => {
    if (node.kind === 'tokens' && (node.cast === 'asis' || node.cast === 'str')) whole ??= by;
    else if (!isSelector(node)) functions.add(node);
  };
  for (const root of roots) if (pure.has(root)) ask(root, root);
  for (const node of nodes) {
    if (pure.has(node)) continue;
    const constant = node.kind === 'select' ? constantSide(node) : null;
    if (node.kind === 'select' && constant !== null && argumentsOf(node).some((arg) => arg.kind === 'tokens')) {
      comparisons.push({ node, holds: comparison(node, constant) });
      continue;
    }
    for (const arg of argumentsOf(node)) if (pure.has(arg)) ask(arg, node);
  }
  return { functions: [...functions], comparisons, whole };
}

function constantSide({ keys, queries }: Select): Constant | null {
  return keys.kind === 'constant' ? keys : queries.kind === 'constant' ? queries : null;
}

function comparison({ keys, operator }: Select, { value }: Constant): (text: string) => Value {
  const operation: { readonly kind: 'binary'; readonly operator: ComparisonOperator } = { kind: 'binary', operator };
  return (text) => applyOperation(operation, keys.kind === 'constant' ? [value, text] : [text, value]);
}

/** What is wrong between a program and a tokenizer: R7733 for a class that no token is in, R7732 for texts that it names and no token says. */
export function classFaults(program: Program, texts: readonly string[]): Diagnostic[] {
  const says = new Set(texts);
  const distinct = [...says];
  const nodes = reachable(program.exports.map(({ node }) => node));
  const lacking = new Map<string, Span | null>();
  const faults: Diagnostic[] = [];
  for (const node of nodes) {
    for (const text of namedTexts(node)) if (!says.has(text) && !lacking.has(text)) lacking.set(text, node.spans[0] ?? null);
    if (!isClass(node)) continue;
    const { values } = evaluate([node], distinct, { causal: true }).get(node) as Sequence;
    if (values.every((value) => Number(value) === 0)) faults.push(diagnose('R7733', {}, { span: node.spans[0] }));
  }
  for (const { input, span } of program.examples) {
    for (const text of input) if (typeof text === 'string' && !says.has(text) && !lacking.has(text)) lacking.set(text, span);
  }
  const [first] = lacking.values();
  if (lacking.size > 0) faults.push(diagnose('R7732', { lacking: [...lacking.keys()].map(sourceText) }, { span: first ?? null }));
  return faults;
}

/** Refuses what cannot be seeded, and tells the rest. */
export function assertClasses(program: Program, texts: readonly string[]): readonly Diagnostic[] {
  const faults = classFaults(program, texts);
  if (faults.some(({ severity }) => severity === 'error')) throw new DiagnosticError(faults);
  return faults;
}

const TOLD_BY_TEXT = new Set(['matches', 'starts_with', 'ends_with', 'count_in']);

/** A question about the text of one token, which some token should answer with yes. */
function isClass(node: GraphNode): node is Elementwise {
  if (node.kind !== 'elementwise' || node.args[0]?.kind !== 'tokens') return false;
  const { operation } = node;
  return (operation.kind === 'text' && TOLD_BY_TEXT.has(operation.name)) || operation.kind === 'member';
}

/** Texts that tokens are compared with. */
function namedTexts(node: GraphNode): string[] {
  if (node.kind === 'select') {
    const constant = constantSide(node);
    return constant !== null && argumentsOf(node).some((arg) => arg.kind === 'tokens') ? textsAmong([constant.value]) : [];
  }
  if (node.kind !== 'elementwise' || !node.args.some((arg) => arg.kind === 'tokens')) return [];
  const { operation } = node;
  if (operation.kind === 'member') return textsAmong(operation.values);
  if (operation.kind !== 'binary' || (operation.operator !== '==' && operation.operator !== '!=')) return [];
  return textsAmong(node.args.flatMap((arg) => (arg.kind === 'constant' ? [arg.value] : [])));
}

function textsAmong(values: readonly Value[]): string[] {
  return values.filter((value) => typeof value === 'string');
}
