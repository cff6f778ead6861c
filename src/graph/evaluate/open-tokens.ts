/** Tokens of an open vocabulary (`@vocab any`) on their way: an aggregate of them over nothing is no token, one over several positions a mixture. */
import type { Value, ValueType } from '../value.ts';
import type { SelectorMatrix } from './selector-matrix.ts';
import type { Mixture, Mixtures, Sequence } from './sequence.ts';
import { equalityKey } from './values/apply-operation.ts';
import { sourceText } from './values/python-text.ts';

export interface MovedTokens {
  readonly values: readonly Value[];
  readonly mixtures: Mixtures;
}

/** The int 0 is what an aggregate has as its default where the program gives none. */
export function aggregateTokens(selector: SelectorMatrix, sequence: Sequence, mixed: Mixtures, otherwise: Value): MovedTokens {
  const keys = new Int32Array(sequence.values.length);
  const mixtures = new Map<number, Mixture>();
  const values = sequence.values.map((_, query): Value => {
    const selected = [...keys.subarray(0, selector.keysOf(query, keys))];
    const [first] = selected;
    if (first === undefined && otherwise !== 0n) return otherwise;
    if (first !== undefined && selected.length === 1 && !mixed.has(first)) return sequence.values[first] ?? otherwise;
    mixtures.set(query, mix(selected, sequence, mixed));
    return Number.NaN;
  });
  return { values, mixtures };
}

/** What is no token at one of the positions takes its part of the whole and gives it to none. */
function mix(positions: readonly number[], { values }: Sequence, mixed: Mixtures): Mixture {
  const shares = new Map<ReturnType<typeof equalityKey>, { readonly token: Value; share: number }>();
  for (const position of positions) {
    const parts = mixed.get(position) ?? [{ token: values[position] ?? '', share: 1 }];
    for (const { token, share } of parts) {
      const entry = shares.get(equalityKey(token)) ?? { token, share: 0 };
      entry.share += share;
      shares.set(equalityKey(token), entry);
    }
  }
  return [...shares.values()].map(({ token, share }) => ({ token, share: share / positions.length }));
}

/** The branches of `a if c else b`, token by token; a branch that is no s-op of tokens has no mixtures. */
export function chooseTokens(conditions: readonly boolean[], then: Sequence, otherwise: Sequence): MovedTokens {
  const mixtures = new Map<number, Mixture>();
  const values = conditions.map((holds, position): Value => {
    const branch = holds ? then : otherwise;
    const mixture = branch.mixtures?.get(position);
    if (mixture !== undefined) mixtures.set(position, mixture);
    return branch.values[position] ?? Number.NaN;
  });
  return { values, mixtures };
}

/** The type is that of the single tokens; of what the tokens are where there is none. Null where strings and others are mixed. */
export function movedType(
  { values, mixtures }: MovedTokens,
  of: ValueType,
  typed: (values: readonly Value[]) => ValueType | null,
): ValueType | null {
  const single = values.filter((_, position) => !mixtures.has(position));
  return single.length === 0 ? of : typed(single);
}

/** The token that all positions have in common, up to the rounding of shares; null for no token and for several. */
export function onlyToken(mixture: Mixture): Value | null {
  const [first] = mixture;
  return first !== undefined && mixture.length === 1 && first.share > 1 - 1e-9 ? first.token : null;
}

/** The values as text, with what stands where there is no single token. */
export function tokenTexts({ values, mixtures }: Pick<Sequence, 'values' | 'mixtures'>, text: (value: Value) => string): string[] {
  return values.map((value, position) => {
    const mixture = mixtures?.get(position);
    return mixture === undefined ? text(value) : mixtureText(mixture, text);
  });
}

/** `no token`, or `0.667 "a" + 0.333 "b"`. */
export function mixtureText(mixture: Mixture, text: (token: Value) => string = sourceText): string {
  if (mixture.length === 0) return 'no token';
  return mixture.map(({ token, share }) => `${Number(share.toFixed(3))} ${text(token)}`).join(' + ');
}
