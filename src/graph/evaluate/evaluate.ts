/**
 * The meaning of a program: evaluates nodes of the graph on one input. Every later form, down to the checkpoint's bytes, is
 * checked against this, so it shares no code with any pass.
 *
 * `evaluate(roots, input, { causal })` gives the value of every node the roots need; `evaluator` does the same for many
 * inputs; an {@link Evaluation} is kept by those who ask node by node. An s-op is a {@link Sequence}, a selector a
 * {@link SelectorMatrix}. An input on which a node has no value is a DiagnosticError that shows the expression, the input, the
 * position and the values.
 */
import { diagnose } from '../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import {
  type Aggregate,
  argumentsOf,
  assertNever,
  type Elementwise,
  type GraphNode,
  type Operation,
  type Reduction,
  reachable,
  type Select,
  type Selector,
  type SOp,
  type TokenCast,
} from '../graph.ts';
import type { Program } from '../program.ts';
import { typeOf, type Value, type ValueType } from '../value.ts';
import { AverageError, evaluateAggregate } from './evaluate-aggregate.ts';
import { evaluateReduction } from './evaluate-reduction.ts';
import { evaluateSelect } from './evaluate-select.ts';
import { aggregateTokens, chooseTokens, type MovedTokens, mixtureText, movedType } from './open-tokens.ts';
import type { SelectorMatrix } from './selector-matrix.ts';
import { Sequence, sequenceType } from './sequence.ts';
import { operationFunction } from './values/apply-operation.ts';
import { EvaluationError } from './values/evaluation-error.ts';
import { truthy } from './values/python-arithmetic.ts';
import { sourceText, toFloat, toInt, valueText } from './values/python-text.ts';

export type Evaluated = Sequence | SelectorMatrix;

export interface EvaluationOptions {
  /** Whether every selector also requires key position <= query position. */
  readonly causal: boolean;
  /** Whether the vocabulary is open, so that an aggregate of tokens gives no token or a mixture where it does not select one. */
  readonly open?: boolean;
}

/** What a program says of how it is evaluated. */
export function evaluationOptions({ causal, vocabulary }: Pick<Program, 'causal' | 'vocabulary'>): EvaluationOptions {
  return { causal: causal?.value ?? false, open: vocabulary?.kind === 'any' };
}

/** The value of every node that the roots need, on one input. Throws a DiagnosticError where one has none. */
export function evaluate(roots: Iterable<GraphNode>, input: readonly Value[], options: EvaluationOptions): Map<GraphNode, Evaluated> {
  return evaluator(roots, options)(input);
}

/** `evaluate` for many inputs of one program. */
export function evaluator(roots: Iterable<GraphNode>, options: EvaluationOptions): (input: readonly Value[]) => Map<GraphNode, Evaluated> {
  const order = reachable(roots);
  return (input) => {
    const evaluation = new Evaluation(input, options);
    for (const node of order) evaluation.evaluateNext(node);
    return evaluation.values;
  };
}

/** One input, and the values of the nodes that have been asked for on it, each computed once. */
export class Evaluation {
  readonly values = new Map<GraphNode, Evaluated>();
  readonly #input: readonly Value[];
  readonly #causal: boolean;
  readonly #open: boolean;

  /** Throws a DiagnosticError for an input without tokens. */
  constructor(input: readonly Value[], options: EvaluationOptions) {
    if (input.length === 0) throw new DiagnosticError([diagnose('R3038', { got: 'empty' })]);
    this.#input = input;
    this.#causal = options.causal;
    this.#open = options.open ?? false;
  }

  get input(): readonly Value[] {
    return this.#input;
  }

  sequence(node: SOp): Sequence {
    return this.#need(node) as Sequence;
  }

  matrix(node: Selector): SelectorMatrix {
    return this.#need(node) as SelectorMatrix;
  }

  /** Evaluates a node whose arguments are evaluated. */
  evaluateNext(node: GraphNode): void {
    if (!this.values.has(node)) this.values.set(node, this.#evaluate(node));
  }

  /** Evaluates what is missing below a node, without recursion: graphs can be very deep. */
  #need(node: GraphNode): Evaluated {
    const pending = [node];
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      const missing = this.values.has(next) ? [] : argumentsOf(next).filter((argument) => !this.values.has(argument));
      if (missing.length === 0) {
        this.evaluateNext(next);
        pending.pop();
      } else {
        pending.push(...missing);
      }
    }
    return this.values.get(node) as Evaluated;
  }

  #sequence(node: SOp): Sequence {
    return this.values.get(node) as Sequence;
  }

  #matrix(node: Selector): SelectorMatrix {
    return this.values.get(node) as SelectorMatrix;
  }

  #evaluate(node: GraphNode): Evaluated {
    const size = this.#input.length;
    switch (node.kind) {
      case 'tokens':
        return this.#tokens(node, node.cast);
      case 'indices':
        return new Sequence(
          Array.from({ length: size }, (_, i) => BigInt(i)),
          'int',
        );
      case 'constant':
        return new Sequence(new Array<Value>(size).fill(node.value), typeOf(node.value));
      case 'elementwise':
        return this.#elementwise(node);
      case 'aggregate':
        return this.#aggregate(node);
      case 'reduction':
        return this.#typed(node, evaluateReduction(node, this.#matrix(node.selector), this.#numbersOf(node)));
      case 'width': {
        const matrix = this.#matrix(node.selector);
        return new Sequence(
          Array.from({ length: size }, (_, query) => BigInt(matrix.width(query))),
          'int',
        );
      }
      case 'select':
        return this.#select(node);
      case 'and':
        return this.#matrix(node.left).and(this.#matrix(node.right));
      case 'or':
        return this.#matrix(node.left).or(this.#matrix(node.right));
      case 'not':
        return this.#matrix(node.selector).not(this.#causal);
      case 'rightmost':
      case 'leftmost':
        return this.#matrix(node.selector).extreme(node.kind);
      default:
        return assertNever(node);
    }
  }

  #tokens(node: SOp, cast: TokenCast): Sequence {
    const values: Value[] = [];
    this.#input.forEach((token, position) => {
      try {
        values.push(castToken(token, cast));
      } catch (error) {
        this.#fail(node, error, position, []);
      }
    });
    return this.#open && (cast === 'asis' || cast === 'str')
      ? this.#moved(node, { values, mixtures: new Map() }, 'string')
      : this.#typed(node, values);
  }

  #elementwise(node: Elementwise): Sequence {
    const [condition, then, otherwise] = node.args.map((argument) => this.#sequence(argument));
    this.#refuseMixtures(node, node.operation.kind === 'choose' ? node.args.slice(0, 1) : node.args, isEquality(node.operation));
    if (node.operation.kind === 'choose' && condition && then && otherwise && (then.mixtures ?? otherwise.mixtures) !== null) {
      return this.#moved(
        node,
        chooseTokens(condition.values.map(truthy), then, otherwise),
        (then.mixtures === null ? otherwise : then).type,
      );
    }
    const apply = operationFunction(node.operation);
    const columns = node.args.map((argument) => this.#sequence(argument).values);
    const [a = [], b = [], c = []] = columns;
    const values = new Array<Value>(this.#input.length);
    for (let i = 0; i < values.length; i++) {
      try {
        values[i] = apply(a[i] as Value, b[i] as Value, c[i] as Value);
      } catch (error) {
        this.#fail(node, error, i, node.args);
      }
    }
    return this.#typed(node, values);
  }

  #aggregate(node: Aggregate): Sequence {
    const sequence = this.#sequence(node.value);
    if (sequence.mixtures !== null) {
      return this.#moved(node, aggregateTokens(this.#matrix(node.selector), sequence, sequence.mixtures, node.default), sequence.type);
    }
    try {
      return this.#typed(node, evaluateAggregate(this.#matrix(node.selector), sequence, node.default));
    } catch (error) {
      if (!(error instanceof AverageError)) throw error;
      const { values, type } = sequence;
      const averaged = error.keys.map((key) => sourceText(values[key] ?? ''));
      const notes = [
        this.#place(error.query),
        `it selects the positions ${listText(error.keys.map(String))}, with the values ${listText(averaged)}`,
      ];
      throw new DiagnosticError([diagnose('R3502', { type, count: error.keys.length }, { span: node.spans[0] ?? null, notes })]);
    }
  }

  /** What is reduced has to be numbers. */
  #numbersOf(node: Reduction): Sequence {
    this.#refuseMixtures(node, [node.value], false);
    const sequence = this.#sequence(node.value);
    if (sequence.type !== 'string') return sequence;
    const notes = [`on the input ${inputText(this.#input)}`, `the values are ${listText(sequence.values.map(sourceText))}`];
    throw new DiagnosticError([diagnose('R3043', { form: `${node.operator}_over` }, { span: node.spans[0] ?? null, notes })]);
  }

  #select(node: Select): SelectorMatrix {
    const keys = this.#sequence(node.keys);
    const queries = this.#sequence(node.queries);
    this.#refuseMixtures(node, [node.keys, node.queries], node.operator === '==' || node.operator === '!=');
    try {
      return evaluateSelect(keys, queries, node.operator, this.#causal);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      const described = (name: string, sequence: Sequence): string =>
        `the ${name} are ${sequence.type}s: ${listText(sequence.values.map(sourceText))}`;
      const notes = [`on the input ${inputText(this.#input)}`, described('keys', keys), described('queries', queries)];
      const facts = { keys: typeWithArticle(keys.type), queries: typeWithArticle(queries.type), operator: node.operator };
      throw new DiagnosticError([diagnose('R3004', facts, { span: node.spans[0] ?? null, notes })]);
    }
  }

  #typed(node: SOp, values: readonly Value[]): Sequence {
    const type = sequenceType(values);
    if (type !== null) return new Sequence(values, type);
    const types = [...new Set(values.map(typeOf))];
    const notes = [`on the input ${inputText(this.#input)}`, `the values are ${listText(values.map(sourceText))}`];
    throw new DiagnosticError([
      diagnose('R3501', { types, isAggregate: node.kind === 'aggregate' }, { span: node.spans[0] ?? null, notes }),
    ]);
  }

  #moved(node: SOp, moved: MovedTokens, of: ValueType): Sequence {
    const type = movedType(moved, of, sequenceType);
    return type === null
      ? this.#typed(
          node,
          moved.values.filter((_, position) => !moved.mixtures.has(position)),
        )
      : new Sequence(moved.values, type, moved.mixtures);
  }

  /** A mixture of tokens is only moved; what is no token can be compared for equality too, and is unequal. */
  #refuseMixtures(node: GraphNode, args: readonly SOp[], isEqual: boolean): void {
    for (const argument of args) {
      for (const [position, mixture] of this.#sequence(argument).mixtures ?? []) {
        if (isEqual && mixture.length === 0) continue;
        const notes = [this.#place(position), `${argument.name === null ? 'it' : `\`${argument.name}\``} is ${mixtureText(mixture)} there`];
        const facts = { found: mixture.length === 0 ? 'nothing' : 'mixture' } as const;
        throw new DiagnosticError([diagnose('R3512', facts, { span: node.spans[0] ?? null, notes })]);
      }
    }
  }

  #place(position: number): string {
    return `on the input ${inputText(this.#input)}, at position ${position} (the token ${sourceText(this.#input[position] ?? '')})`;
  }

  #fail(node: SOp, error: unknown, position: number, args: readonly SOp[]): never {
    if (!(error instanceof EvaluationError)) throw error;
    const operands = args
      .filter((argument) => argument.kind !== 'constant' && argument.name !== null)
      .map((argument) => `\`${argument.name}\` is ${sourceText(this.#sequence(argument).values[position] ?? '')} there`);
    throw new DiagnosticError([faultDiagnostic(error, { span: node.spans[0] ?? null, notes: [this.#place(position), ...operands] })]);
  }
}

/** Whether it only asks whether values are equal. */
function isEquality(operation: Operation): boolean {
  return operation.kind === 'member' || (operation.kind === 'binary' && (operation.operator === '==' || operation.operator === '!='));
}

/** The diagnostic of a computation without a result, at a place. */
export function faultDiagnostic(error: EvaluationError, where: Parameters<typeof diagnose>[2]): Diagnostic {
  const { code, facts } = error.fault;
  return diagnose(code, facts as never, where);
}

export function castToken(token: Value, cast: TokenCast): Value {
  switch (cast) {
    case 'asis':
      return token;
    case 'str':
      return valueText(token);
    case 'int':
      return toInt(token);
    case 'float':
      return toFloat(token);
    case 'bool':
      return truthy(token);
    default:
      return assertNever(cast);
  }
}

const SHOWN = 12;

function listText(items: readonly string[]): string {
  return items.length <= SHOWN ? `[${items.join(', ')}]` : `[${items.slice(0, SHOWN).join(', ')}, … ${items.length - SHOWN} more]`;
}

/** An input as it would be typed: a string where every token is one character. */
export function inputText(input: readonly Value[]): string {
  const characters = input.every((token) => typeof token === 'string' && [...token].length === 1);
  if (!characters) return listText(input.map(sourceText));
  const text = input.join('');
  return text.length <= 60 ? `"${text}"` : `"${text.slice(0, 60)}…"`;
}

function typeWithArticle(type: string): string {
  return `${type === 'int' ? 'an' : 'a'} ${type}`;
}
