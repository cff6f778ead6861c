/**
 * Choices taken apart: `a if c else b` over the values of both branches and of what is asked is a table of their product, though no branch
 * looks at another. A branch at a time it is a table over the guard and that branch, and the choice is whichever of them there is.
 */
import { type Domain, isNumeric, numericValue } from '../../graph/domain.ts';
import type { Elementwise, Graph, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Table } from './tabulate.ts';

/** What a choice gives where the guard holds. Guards exclude each other, and one of them holds at every position. */
export interface Branch {
  readonly guard: SOp;
  readonly value: SOp;
}

/** Up to this many combinations there is nothing to gain by taking a table apart; of positions and lengths, that a head has counted, up to fewer. */
const FEW_COMBINATIONS = 2 ** 10;
const FEW_PLACES = 2 ** 8;
/** How many times as large as all branches together a table has to be; neurons that choose a branch stand behind those that ask. */
const GAIN = 8;
const GAIN_OF_PLACES = 1;
/** Of fewer values one number tells all with few steps, whatever they are computed of. */
const FEW_VALUES = 8;
const MOST_BRANCHES = 64;
/** The largest quotient of a remainder that is taken apart. */
const MOST_QUOTIENT = 3;
/** Stands for no string; as many times as no value is that. */
const NOTHING = '∅';

export function isWorthTakingApart(table: Table | null, isPositional: boolean, parts: readonly { readonly fact: Table }[] = []): boolean {
  if (table === null) return true;
  const { variables, values, entries } = table.shape;
  if (variables.length < 2 || values.length <= FEW_VALUES || entries.length <= (isPositional ? FEW_PLACES : FEW_COMBINATIONS)) return false;
  // one value, or none, is a question
  const size = ({ fact: { shape } }: { readonly fact: Table }) => (shape.values.length <= 2 ? 2 : shape.entries.length);
  return entries.length > (isPositional ? GAIN_OF_PLACES : GAIN) * parts.reduce((sum, part) => sum + size(part), 0);
}

/**
 * The branches of a choice, those of choices inside it included, equal ones joined; null of anything else.
 * @param domainOf what an s-op can be
 */
export function branchesOf(node: Elementwise, graph: Graph, domainOf: (node: SOp) => Domain): Branch[] | null {
  const guards = new Map<SOp, SOp>();
  const add = (value: SOp, guard: SOp) => {
    const known = guards.get(value);
    guards.set(value, known === undefined ? guard : graph.binary('or', known, guard));
  };
  const both = (guard: SOp | null, condition: SOp) => (guard === null ? condition : graph.binary('and', guard, condition));
  const pending: { readonly value: SOp; readonly guard: SOp | null }[] = [{ value: node, guard: null }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, guard } = next;
    if (guards.size + pending.length > MOST_BRANCHES) return null;
    const cases = value.kind === 'elementwise' ? casesOf(value, graph, domainOf) : null;
    if (cases !== null) for (const each of [...cases].reverse()) pending.push({ value: each.value, guard: both(guard, each.guard) });
    else if (guard === null) return null;
    else add(value, guard);
  }
  return guards.size < 2 ? null : [...guards].map(([value, guard]) => ({ value, guard }));
}

/** A choice by one condition, or a remainder by its few quotients. */
function casesOf(node: Elementwise, graph: Graph, domainOf: (node: SOp) => Domain): Branch[] | null {
  const { operation, args } = node;
  if (operation.kind === 'choose') {
    const [condition, then, otherwise] = args as [SOp, SOp, SOp];
    const { kind, values } = { values: [], ...domainOf(condition) };
    if (kind !== 'finite' || !values.every((value) => typeof value === 'boolean')) return null;
    return [
      { guard: condition, value: then },
      { guard: graph.unary('not', condition), value: otherwise },
    ];
  }
  if (operation.kind !== 'binary' || operation.operator !== '%') return null;
  const [number, by] = args as [SOp, SOp];
  if (by.kind === 'constant' || !isWhole(domainOf(number)) || !isWhole(domainOf(by), 1n)) return null;
  const times = (quotient: number) =>
    quotient === 1 ? by : quotient === 0 ? graph.constant(0n) : graph.binary('*', by, graph.constant(BigInt(quotient)));
  const below = (quotient: number) => graph.binary('<', number, times(quotient + 1));
  const always = (condition: SOp, holds: boolean) => {
    const { kind, values } = { values: [], ...domainOf(condition) };
    return kind === 'finite' && values.every((value) => value === holds);
  };
  const quotients = Array.from({ length: MOST_QUOTIENT + 1 }, (_, quotient) => quotient);
  const most = quotients.find((quotient) => quotient > 0 && always(below(quotient), true));
  const isNatural = isWhole(domainOf(number), 0n);
  const least = isNatural ? 0 : quotients.find((quotient) => quotient > 0 && always(below(-quotient - 1), false));
  if (most === undefined || least === undefined) return null;
  return Array.from({ length: least + most + 1 }, (_, place) => {
    const quotient = place - least;
    const value = quotient === 0 ? number : graph.binary('-', number, times(quotient));
    const notLess = place === 0 ? null : graph.unary('not', below(quotient - 1));
    if (notLess === null) return { value, guard: below(quotient) };
    return { value, guard: quotient === most ? notLess : graph.binary('and', notLess, below(quotient)) };
  });
}

/** `and`, `or` and `not`, which ask no more of what they join than whether it holds. */
export function isLogical(node: SOp): boolean {
  if (node.kind !== 'elementwise') return false;
  const { operation } = node;
  return operation.kind === 'unary' ? operation.operator === 'not' : operation.kind === 'binary' && LOGICAL.has(operation.operator);
}

const LOGICAL: ReadonlySet<string> = new Set(['and', 'or']);

function isWhole(domain: Domain, least?: bigint): boolean {
  return domain.kind === 'finite' && domain.values.every((value) => typeof value === 'bigint' && (least === undefined || value >= least));
}

/** A value that is none of these, of a type that they have. */
export function noneOf(values: readonly Value[]): Value {
  const numbers = values.filter((value) => typeof value !== 'string');
  if (isNumeric({ kind: 'finite', values: numbers }) && numbers.length > 0) {
    const least = numbers.reduce((low: number, value) => Math.min(low, numericValue(value)), 0);
    return BigInt(Math.floor(least) - 1);
  }
  let none = NOTHING;
  while (values.includes(none)) none += NOTHING;
  return none;
}
