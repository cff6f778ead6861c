/**
 * What the operators and forms of the language do to terms: plain values are computed at once, by Python's rules; where an
 * s-op or a selector takes part, a node of the graph is made.
 */
import { elementAt, equalityKey } from '../../evaluate/values/apply-operation.ts';
import { EvaluationError } from '../../evaluate/values/evaluation-error.ts';
import { applyBinary, applyUnary, compareValues, truthy } from '../../evaluate/values/python-arithmetic.ts';
import { sourceText } from '../../evaluate/values/python-text.ts';
import { patternFault, textFunction } from '../../evaluate/values/text-functions.ts';
import {
  assertNever,
  type BinaryOperator,
  type ComparisonOperator,
  type ReductionOperator,
  type Selector,
  type SOp,
  type TextFunction,
  type UnaryOperator,
} from '../../graph.ts';
import { typeOf, type Value, valuesEqual } from '../../value.ts';
import type { Place } from '../place.ts';
import { type CertainType, certainType, valueType } from './certain-type.ts';
import { list, repeatList } from './collection-operations.ts';
import {
  type DictionaryTerm,
  describeTerm,
  isAtom,
  isDictionary,
  isList,
  isSelectorTerm,
  isSOp,
  type ListTerm,
  type Term,
  termKind,
} from './term.ts';

/** Carries out a computation with plain values; a fault becomes a diagnostic at a part of the place. */
function compute<T>(place: Place, part: number, computation: () => T): T {
  try {
    return computation();
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return place.fail(error.fault.code, error.fault.facts as never, part);
  }
}

function computeBinary(place: Place, operator: BinaryOperator, left: Value, right: Value): Value {
  try {
    return applyBinary(operator, left, right);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    const { code, facts } = error.fault;
    if (code === 'R3001' || code === 'R3005') return place.failBoth(code, facts, operandLabel(left), operandLabel(right));
    return place.fail(code, facts as never);
  }
}

/** Atoms are the same value at every position; anything that is not a value fails with `form`. */
export function toSOp(place: Place, term: Term, form: string, part: number): SOp {
  if (isSOp(term)) return term;
  return isAtom(term) ? place.graph.constant(term, place.span) : place.fail('R3007', { form, got: describeTerm(term) }, part);
}

export function binary(place: Place, operator: BinaryOperator, left: Term, right: Term): Term {
  const { graph, span } = place;
  if (isSelectorTerm(left) || isSelectorTerm(right)) return selectorBinary(place, operator, left, right);
  if (isSOp(left) || isSOp(right)) {
    if ((operator === '==' || operator === '!=') && (!isValueTerm(left) || !isValueTerm(right))) {
      // No value is ever equal to a list or a function.
      const sop = isSOp(left) ? left : (right as SOp);
      const never = graph.elementwise({ kind: 'member', values: [] }, [sop], span);
      return operator === '==' ? never : graph.unary('not', never, span);
    }
    checkTypes(place, operator, left, right);
    return graph.binary(operator, toSOp(place, left, operator, 0), toSOp(place, right, operator, 1), span);
  }
  if (operator === 'and') return isTrue(left) ? right : left;
  if (operator === 'or') return isTrue(left) ? left : right;
  if (isAtom(left) && isAtom(right)) return computeBinary(place, operator, left, right);
  return compound(place, operator, left, right);
}

/** Refuses what has no value at any position of any input. */
function checkTypes(place: Place, operator: BinaryOperator, left: Term, right: Term): void {
  const values = isValueTerm(left) && isValueTerm(right);
  if (values && !clash(operator, termType(left), termType(right))) return;
  const ordering = values && (operator === '<' || operator === '>' || operator === '<=' || operator === '>=');
  const facts = { operator, left: describeOperand(left), right: describeOperand(right) };
  place.failBoth(ordering ? 'R3005' : 'R3001', facts, operandLabel(left), operandLabel(right));
}

function clash(operator: BinaryOperator, left: CertainType, right: CertainType): boolean {
  switch (operator) {
    case 'and':
    case 'or':
    case '==':
    case '!=':
      return false;
    case '*':
      return left === 'string' && right === 'string';
    case '-':
    case '/':
    case '^':
    case '%':
      return left === 'string' || right === 'string';
    case '+':
    case '<':
    case '>':
    case '<=':
    case '>=':
      return left !== null && right !== null && left !== right;
    default:
      return assertNever(operator);
  }
}

function termType(term: Term): CertainType {
  return isAtom(term) ? valueType(term) : isSOp(term) ? certainType(term) : null;
}

/** An operand by what is certain of its values: "the s-op `x`, of strings". */
function describeOperand(term: Term): string {
  const type = isSOp(term) ? certainType(term) : null;
  return type === null ? describeTerm(term) : `${describeTerm(term)}, of ${type}s`;
}

/** What stands under an operand in the source. */
function operandLabel(term: Term): string {
  const type = isAtom(term) ? typeOf(term) : isSOp(term) ? certainType(term) : null;
  if (type === null) return termKind(term) === 's-op' ? 'an s-op' : `a ${termKind(term)}`;
  return isAtom(term) ? `${type === 'int' ? 'an' : 'a'} ${type}` : `${type}s`;
}

function isValueTerm(term: Term): boolean {
  return isAtom(term) || isSOp(term);
}

function selectorBinary(place: Place, operator: BinaryOperator, left: Term, right: Term): Term {
  if (operator !== 'and' && operator !== 'or') return place.fail('R3002', { operator });
  if (isSelectorTerm(left) && isSelectorTerm(right)) return place.graph[operator](left, right, place.span);
  return place.fail('R3003', { operator, other: describeTerm(isSelectorTerm(left) ? right : left) }, isSelectorTerm(left) ? 1 : 0);
}

/** Lists join, repeat and compare; everything else can only be equal or not. */
function compound(place: Place, operator: BinaryOperator, left: Term, right: Term): Term {
  if (operator === '==') return termsEqual(left, right);
  if (operator === '!=') return !termsEqual(left, right);
  if (isList(left) && isList(right)) {
    if (operator === '+') return list(place, [...left.items, ...right.items]);
    if (operator === '<' || operator === '>' || operator === '<=' || operator === '>=') return compareLists(place, operator, left, right);
  }
  if (operator === '*') {
    const [repeated, times] = isList(left) ? [left, right] : [right, left];
    const count = isAtom(times) && typeof times === 'boolean' ? BigInt(times) : times;
    if (isList(repeated) && typeof count === 'bigint') return repeatList(place, repeated, count);
  }
  const ordering = operator === '<' || operator === '>' || operator === '<=' || operator === '>=';
  const facts = { operator, left: describeTerm(left), right: describeTerm(right) };
  return place.failBoth(ordering ? 'R3005' : 'R3001', facts, operandLabel(left), operandLabel(right));
}

function compareLists(place: Place, operator: '<' | '>' | '<=' | '>=', left: ListTerm, right: ListTerm): boolean {
  const shared = Math.min(left.items.length, right.items.length);
  for (let i = 0; i < shared; i++) {
    const a = left.items[i] as Term;
    const b = right.items[i] as Term;
    if (!termsEqual(a, b)) return binary(place, operator, a, b) === true;
  }
  return compareValues(operator, BigInt(left.items.length), BigInt(right.items.length));
}

/** Python's equality: lists and dictionaries by their elements, functions and nodes by identity. */
export function termsEqual(left: Term, right: Term): boolean {
  if (isAtom(left) || isAtom(right)) return isAtom(left) && isAtom(right) && valuesEqual(left, right);
  if (isList(left) && isList(right)) {
    return left.items.length === right.items.length && left.items.every((item, i) => termsEqual(item, right.items[i] as Term));
  }
  if (isDictionary(left) && isDictionary(right)) {
    return (
      left.entries.size === right.entries.size &&
      [...left.entries].every(([key, [, value]]) => {
        const other = right.entries.get(key);
        return other !== undefined && termsEqual(value, other[1]);
      })
    );
  }
  return left === right;
}

export function unary(place: Place, operator: UnaryOperator, operand: Term): Term {
  const { graph, span } = place;
  if (isSOp(operand)) return graph.unary(operator, operand, span);
  if (operator === 'not') return isSelectorTerm(operand) ? graph.not(operand, span) : !isTrue(operand);
  if (operator === 'indicator') return place.fail('R3028', { got: describeTerm(operand) }, 0);
  if (isSelectorTerm(operand)) return place.fail('R3002', { operator });
  if (!isAtom(operand)) return place.fail('R3027', { operator, got: describeTerm(operand) }, 0);
  return compute(place, 0, () => applyUnary(operator, operand));
}

/** Python's truth of anything but a node. */
export function isTrue(term: Term): boolean {
  if (isAtom(term)) return truthy(term);
  if (isList(term)) return term.items.length > 0;
  if (isDictionary(term)) return term.entries.size > 0;
  return true;
}

/** `then if condition else otherwise` of an s-op condition: both sides are computed at every position. */
export function choose(place: Place, condition: SOp, then: Term, otherwise: Term): Term {
  const args = [condition, elementOf(place, then, 0), elementOf(place, otherwise, 2)];
  return place.graph.elementwise({ kind: 'choose' }, args, place.span);
}

function elementOf(place: Place, term: Term, part: number): SOp {
  return isAtom(term) || isSOp(term) ? toSOp(place, term, 'if … else', part) : place.fail('R3030', { got: describeTerm(term) }, part);
}

export function select(place: Place, keys: Term, queries: Term, operator: ComparisonOperator): Selector {
  const keySOp = toSOp(place, keys, 'select', 0);
  const querySOp = toSOp(place, queries, 'select', 1);
  if (clash(operator, certainType(keySOp), certainType(querySOp))) {
    const what = (sop: SOp): string => `a ${certainType(sop)}`;
    const label = (term: Term): string => (isAtom(term) ? `this is ${describeTerm(term)}` : `these are ${termType(term)}s`);
    const facts = { keys: what(keySOp), queries: what(querySOp), operator };
    place.failBoth('R3004', facts, label(keys), label(queries));
  }
  return place.graph.select(keySOp, querySOp, operator, place.span);
}

export function aggregate(place: Place, selector: Term, value: Term, otherwise: Term | null): Term {
  if (!isSelectorTerm(selector)) return place.fail('R3006', { form: 'aggregate', got: describeTerm(selector) }, 0);
  const sop = toSOp(place, value, 'aggregate', 1);
  if (otherwise !== null && !isAtom(otherwise)) return place.fail('R3008', { got: describeTerm(otherwise) }, 2);
  return place.graph.aggregate(selector, sop, otherwise ?? 0n, place.span);
}

/** `sum_over`, `max_over` and `min_over`. */
export function reduction(place: Place, operator: ReductionOperator, selector: Term, value: Term, otherwise: Term | null): Term {
  const form = `${operator}_over`;
  if (!isSelectorTerm(selector)) return place.fail('R3006', { form, got: describeTerm(selector) }, 0);
  const sop = toSOp(place, value, form, 1);
  if (certainType(sop) === 'string') return place.fail('R3043', { form }, 1);
  if (otherwise !== null && !isAtom(otherwise)) return place.fail('R3008', { got: describeTerm(otherwise) }, 2);
  return place.graph.reduction(operator, selector, sop, otherwise ?? 0n, place.span);
}

/** A function of what a text says, at each position or of one string. */
export function ofText(place: Place, name: TextFunction, subject: Term, argument: Term): Term {
  if (typeof argument !== 'string') return place.fail('R3054', { form: name, got: describeTerm(argument) }, 1);
  const fault = name === 'matches' ? patternFault(argument) : null;
  if (fault !== null) return place.fail('R3055', { pattern: argument, reason: fault }, 1);
  if (typeof subject === 'string') return textFunction(name, argument)(subject);
  if (!isSOp(subject) || certainType(subject) === 'number') return place.fail('R3054', { form: name, got: describeTerm(subject) }, 0);
  return place.graph.elementwise({ kind: 'text', name, argument }, [subject], place.span);
}

export function member(place: Place, element: Term, container: Term): Term {
  const { graph, span } = place;
  if (isSOp(element)) {
    if (!isList(container) || !container.items.every(isAtom))
      return place.fail('R3025', { element: 'an s-op', got: describeTerm(container) }, 1);
    return graph.elementwise({ kind: 'member', values: container.items.filter(isAtom) }, [element], span);
  }
  if (!isAtom(element)) return place.fail('R3026', { got: describeTerm(element) }, 0);
  if (isList(container)) return container.items.some((item) => isAtom(item) && valuesEqual(item, element));
  if (!isSOp(container)) return place.fail('R3025', { element: 'a value', got: describeTerm(container) }, 1);
  const found = graph.select(container, graph.constant(element, span), '==', span);
  return graph.binary('>', graph.width(found, span), graph.constant(0n, span), span);
}

export function index(place: Place, subject: Term, at: Term): Term {
  if (typeof subject === 'string' || isList(subject)) return indexList(place, subject, at);
  if (isDictionary(subject)) return indexDictionary(place, subject, at);
  if (isSOp(subject)) return indexSOp(place, subject, at);
  return place.fail('R3011', { got: describeTerm(subject) }, 0);
}

function indexList(place: Place, subject: string | ListTerm, at: Term): Term {
  const container = isList(subject) ? 'list' : 'string';
  if (isSOp(at)) {
    const table = isList(subject)
      ? ({ kind: 'list', items: subject.items.map((item) => plain(place, item)) } as const)
      : ({ kind: 'string', text: subject } as const);
    return place.graph.elementwise({ kind: 'lookup', table }, [at], place.span);
  }
  if (!isAtom(at)) return place.fail('R3012', { container: `a ${container}`, wanted: 'an int or an s-op', got: describeTerm(at) });
  return compute(place, 1, () => elementAt<Term>(isList(subject) ? subject.items : [...subject], at, container));
}

function indexDictionary(place: Place, subject: DictionaryTerm, at: Term): Term {
  if (isSOp(at)) {
    const entries = [...subject.entries.values()].map(([key, value]) => [key, plain(place, value)] as const);
    return place.graph.elementwise({ kind: 'lookup', table: { kind: 'dictionary', entries } }, [at], place.span);
  }
  if (!isAtom(at)) return place.fail('R3012', { container: 'a dictionary', wanted: 'a value or an s-op', got: describeTerm(at) }, 1);
  const entry = subject.entries.get(equalityKey(at));
  if (entry !== undefined) return entry[1];
  const known = [...subject.entries.values()].map(([key]) => `\`${sourceText(key)}\``);
  return place.fail('R3014', { key: `\`${sourceText(at)}\``, known }, 1);
}

/** An element of a table that is looked up at each position. */
function plain(place: Place, term: Term): Value {
  return isAtom(term) ? term : place.fail('R3030', { got: describeTerm(term) }, 0);
}

/** The value at one position, everywhere; negative positions count from the end. Out of range no position is selected. */
function indexSOp(place: Place, subject: SOp, at: Term): Term {
  const { graph, span } = place;
  const position = typeof at === 'boolean' ? BigInt(at) : at;
  if (typeof position !== 'bigint') return place.fail('R3012', { container: 'an s-op', wanted: 'an int', got: describeTerm(at) }, 1);
  const one = graph.constant(1n, span);
  const offset = graph.constant(position, span);
  const wanted = position >= 0n ? offset : graph.binary('+', graph.width(graph.select(one, one, '==', span), span), offset, span);
  return graph.aggregate(graph.select(graph.indices(span), wanted, '==', span), subject, 0n, span);
}
