/**
 * What a program's assumptions say of its s-ops: which values a count or an aggregate can have on inputs that are the program's, how many
 * positions a selector can select there, and which values go together.
 */
import { finiteDomain, isNumeric } from '../../graph/domain.ts';
import { truthy } from '../../graph/evaluate/values/python-arithmetic.ts';
import type { Selector, SOp } from '../../graph/graph.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import type { Fact, Facts } from './facts.ts';

export interface Restrictions {
  /** The values that a variable can have. */
  readonly allowed: ReadonlyMap<SOp, ReadonlySet<string>>;
  /** The fewest and the most positions that a selector selects in a row. */
  readonly counts: ReadonlyMap<Selector, { readonly low: number; readonly high: number }>;
  /** Conditions on several variables: the combinations that hold. */
  readonly together: readonly { readonly variables: readonly SOp[]; readonly holds: (values: readonly Value[]) => boolean }[];
}

export const UNRESTRICTED: Restrictions = { allowed: new Map(), counts: new Map(), together: [] };

/** @param facts what holds without any assumption */
export function restrictionsOf(conditions: readonly SOp[], facts: Facts): Restrictions {
  const allowed = new Map<SOp, ReadonlySet<string>>();
  const counts = new Map<Selector, { low: number; high: number }>();
  const together: Restrictions['together'][number][] = [];
  for (const condition of conditions.flatMap(conjuncts)) {
    const { shape } = facts.of(condition);
    if (shape.kind !== 'table') continue;
    const holding = combinationsThatHold(shape, facts);
    if (holding === null) continue;
    const [variable, ...more] = shape.variables;
    const keys = new Set(holding.map(keyOf));
    together.push({ variables: shape.variables, holds: (values) => keys.has(keyOf(values)) });
    if (variable === undefined || more.length > 0 || variable.kind === 'tokens' || variable.kind === 'indices') continue;
    const values = holding.flat();
    const known = allowed.get(variable);
    allowed.set(variable, new Set(values.map(valueKey).filter((key) => known?.has(key) ?? true)));
    if (variable.kind === 'width') counts.set(variable.selector, countsOf(values, counts.get(variable.selector)));
    // whether anything is selected is asked of a mean
    const isPresence = variable.kind === 'aggregate' && variable.value.kind === 'constant' && !values.some((v) => Number(v) === 0);
    if (isPresence && Number(variable.default) === 0) {
      const most = counts.get(variable.selector)?.high ?? facts.assumptions.context;
      counts.set(variable.selector, { low: 1, high: most });
    }
  }
  return { allowed, counts, together };
}

function countsOf(values: readonly Value[], known: { low: number; high: number } | undefined): { low: number; high: number } {
  const numbers = values.map(Number);
  return {
    low: Math.max(known?.low ?? 0, ...[Math.min(...numbers)]),
    high: Math.min(known?.high ?? Number.POSITIVE_INFINITY, Math.max(...numbers)),
  };
}

/** A condition as conditions that all hold. */
export function conjuncts(condition: SOp): SOp[] {
  if (condition.kind !== 'elementwise' || condition.operation.kind !== 'binary' || condition.operation.operator !== 'and')
    return [condition];
  return condition.args.flatMap(conjuncts);
}

function keyOf(values: readonly Value[]): string {
  return values.map(valueKey).join('\n');
}

/** Null where a variable has no list of values. */
function combinationsThatHold({ variables, values, entries }: Fact['shape'] & { kind: 'table' }, facts: Facts): Value[][] | null {
  const domains = variables.map((variable) => facts.of(variable).domain);
  if (domains.some(({ kind }) => kind !== 'finite')) return null;
  const lists = domains.map((domain) => (domain.kind === 'finite' ? domain.values : []));
  const found: Value[][] = [];
  for (const [index, entry] of entries.entries()) {
    if (entry < 0 || !truthy(values[entry] as Value)) continue;
    let rest = index;
    const combination: Value[] = [];
    for (const list of [...lists].reverse()) {
      combination.unshift(list[rest % list.length] as Value);
      rest = Math.floor(rest / list.length);
    }
    found.push(combination);
  }
  return found;
}

/** A fact about a variable, without the values that no input of the program gives it. */
export function restrictedFact(fact: Fact, allowed: ReadonlySet<string> | undefined): Fact {
  if (allowed === undefined || fact.domain.kind !== 'finite' || fact.shape.kind !== 'variable') return fact;
  const values = fact.domain.values.filter((value) => allowed.has(valueKey(value)));
  if (values.length === 0 || values.length === fact.domain.values.length) return fact;
  const domain = finiteDomain(values);
  return { ...fact, domain, affine: isNumeric(domain) ? fact.affine : null };
}
