/** Whether two tokens are the same one, as scores of a head: 0 where their codes agree, and at most -1 where they do not, or one is no token. */
import type { ScorePair } from '../../../circuit/circuit.ts';
import { combineForms, constantForm, scaleForm } from '../../../circuit/form.ts';
import { cosineSpectrum, type TokenCode } from '../../../codes/token-code.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import type { Select } from '../../../graph/graph.ts';
import { isIdentity } from '../../../graph/whole-token.ts';
import type { Condition } from '../../../passes/matching/condition.ts';
import type { CodeForms } from '../lowering-source.ts';
import { unitForms } from './token-codes.ts';

/** Fewer entries of a code leave most tokens alike. */
export const LEAST_COMPARED = 12;

/** What a clause asks of two tokens; null where it asks for something else. */
export function identityOf(clause: Condition): Select | null {
  return clause.kind === 'atom' && !clause.negated && isIdentity(clause.select) ? clause.select : null;
}

/** In how many of its first entries the codes of any two tokens differ at least. Diagnostics: R7706 where some do not. */
export function leastDistance(code: TokenCode, count = code.length): number {
  const least = (count * (1 - cosineSpectrum(code, count).largest)) / 2;
  if (least >= 1) return least;
  return fail('R7706', {
    what: `a code that tells any two of ${2 ** code.bits} tokens apart`,
    needed: code.bits + 1,
    available: count,
    of: 'entries of a code that there is room for',
    instead: 'fewer tokens at once (a shorter program), larger heads or a wider model would do',
  });
}

/** Products that a head takes beside those of entries. */
export const MORE_PRODUCTS = 3;

/**
 * What is no token equals what is none, as `-` equals `-`. However loud a moved code is heard, what says that it is there is heard as loud: they add
 * up to nothing where two codes are the same.
 *
 * @param keys seen where the head looks for them
 * @param count how many entries of the code are compared
 */
export function identityScores(keys: CodeForms, queries: CodeForms, code: TokenCode, count: number): ScorePair[] {
  const scale = 1 / (2 * leastDistance(code, count));
  const own = unitForms(queries);
  const pairs = unitForms(keys)
    .slice(0, count)
    .map((key, d): ScorePair => ({ query: scaleForm(own[d] ?? constantForm(0), -scale), key }));
  const asked = combineForms([queries.present, queries.absent].map((form) => ({ form, weight: count * scale })));
  return [{ query: asked, key: keys.present }, { query: scaleForm(queries.present, count * scale), key: keys.absent }, ...pairs];
}
