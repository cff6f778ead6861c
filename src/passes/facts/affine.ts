/** Integer-linear forms of s-ops, carried along while domains are found: `2 * indices - length` is one, whatever it is tabulated over. */
import { bounds, type Domain, finiteDomain, isNumeric } from '../../graph/domain.ts';
import type { Elementwise, Operation, SOp } from '../../graph/graph.ts';
import type { Affine, Fact } from './facts.ts';

/**
 * A sum, difference, negation or constant multiple of affine forms; any other node with finitely many numbers is a term of its own.
 */
export function affineOf(node: Elementwise, facts: readonly Fact[], domain: Domain | null): Affine | null {
  return linearOf(node.operation, facts) ?? (domain !== null && isNumeric(domain) ? ownTerm(node, domain) : null);
}

/** The form of a sum, a difference or a multiple; null of any other operation. */
export function linearOf(operation: Operation, facts: readonly Fact[]): Affine | null {
  const [a, b] = facts.map((f) => f.affine);
  if (!a) return null;
  if (operation.kind === 'unary') {
    if (operation.operator === '-') return combine(a, -1, ZERO, 0);
    return operation.operator === '+' || (operation.operator === 'indicator' && onlyBools(facts[0]?.domain)) ? a : null;
  }
  if (operation.kind !== 'binary' || !b) return null;
  switch (operation.operator) {
    case '+':
      return combine(a, 1, b, 1);
    case '-':
      return combine(a, 1, b, -1);
    case '*':
      if (a.terms.size === 0) return { ...combine(b, a.constant, ZERO, 0), exact: a.exact && b.exact };
      return b.terms.size === 0 ? { ...combine(a, b.constant, ZERO, 0), exact: a.exact && b.exact } : null;
    case '/':
      return b.terms.size === 0 && b.constant !== 0 ? { ...combine(a, 1 / b.constant, ZERO, 0), exact: false } : null;
    default:
      return null;
  }
}

export const ZERO: Affine = { constant: 0, terms: new Map(), exact: true };

export function ownTerm(node: SOp, domain: Domain): Affine {
  const exact = domain.kind === 'finite' && domain.values.every((v) => typeof v === 'bigint' || typeof v === 'boolean');
  return { constant: 0, terms: new Map([[node, 1]]), exact };
}

function onlyBools(domain: Domain | undefined): boolean {
  return domain?.kind === 'finite' && domain.values.every((v) => typeof v === 'boolean');
}

function combine(a: Affine, p: number, b: Affine, q: number): Affine {
  const terms = new Map<SOp, number>();
  for (const [node, weight] of a.terms) terms.set(node, p * weight);
  for (const [node, weight] of b.terms) terms.set(node, (terms.get(node) ?? 0) + q * weight);
  for (const [node, weight] of terms) if (weight === 0) terms.delete(node);
  return { constant: p * a.constant + q * b.constant, terms, exact: a.exact && b.exact };
}

/** The numbers of a form, listed where there are few enough of them and all are whole. */
export function affineDomain(affine: Affine, domainOf: (term: SOp) => Domain, most: number): Domain {
  let low = affine.constant;
  let high = affine.constant;
  for (const [term, weight] of affine.terms) {
    const range = bounds(domainOf(term));
    low += Math.min(weight * range.low, weight * range.high);
    high += Math.max(weight * range.low, weight * range.high);
  }
  if (!affine.exact || high - low > most) return { kind: 'interval', low, high };
  return finiteDomain(Array.from({ length: high - low + 1 }, (_, i) => BigInt(low + i)));
}
