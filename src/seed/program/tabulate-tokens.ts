/** A number that depends on the token alone, for each token of a small alphabet. */
import { evaluate } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { reachable, type SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';

/** Null where the s-op reads more than its own token, or is no number. Throws a DiagnosticError where it has no value. */
export function tabulateTokens(node: SOp, vocabulary: readonly Value[]): number[] | null {
  if (reachable([node]).some(({ kind }) => kind !== 'tokens' && kind !== 'constant' && kind !== 'elementwise')) return null;
  const { values } = evaluate([node], vocabulary, { causal: true }).get(node) as Sequence;
  return values.every((value) => typeof value !== 'string') ? values.map(Number) : null;
}
