/** Which combinations of values can occur at one position: what is known of a table's variables besides their own values. */
import type { Domain } from '../../graph/domain.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from './facts.ts';
import type { Restrictions } from './restrictions.ts';
import { selectsAll } from './total-order.ts';

/** Which combinations can occur: a position lies within the input, and no count exceeds what can be counted. */
export function occurrence(
  variables: readonly SOp[],
  facts: Facts,
  { together }: Pick<Restrictions, 'together'>,
): (digits: Int32Array) => boolean {
  const occurs = occursAnywhere(variables, facts);
  const known = together
    .filter((each) => each.variables.every((v) => variables.includes(v)))
    .map(({ variables: own, holds }) => ({ holds, at: own.map((v) => [variables.indexOf(v), facts.of(v).domain] as const) }));
  if (known.length === 0) return occurs;
  const value = (domain: Domain, digit: number) => (domain as { values: readonly Value[] }).values[digit] as Value;
  return (digits) =>
    occurs(digits) && known.every(({ holds, at }) => holds(at.map(([place, domain]) => value(domain, digits[place] as number))));
}

function occursAnywhere(variables: readonly SOp[], facts: Facts): (digits: Int32Array) => boolean {
  const index = variables.findIndex((v) => v.kind === 'indices');
  const length = variables.findIndex((v) => v.kind === 'width' && selectsAll(v.selector));
  const counts = [...variables.keys()].filter((i) => variables[i]?.kind === 'width');
  const least = variables.map((v) => (v.kind === 'width' ? Number((facts.of(v).domain as { values: readonly Value[] }).values[0]) : 0));
  const count = (digits: Int32Array, i: number) => (digits[i] as number) + (least[i] as number);
  const { causal } = facts.assumptions;
  return (digits) => {
    if (index >= 0 && causal && counts.some((i) => count(digits, i) > count(digits, index) + 1)) return false;
    if (length < 0) return true;
    return (index < 0 || count(digits, index) < count(digits, length)) && counts.every((i) => count(digits, i) <= count(digits, length));
  };
}
