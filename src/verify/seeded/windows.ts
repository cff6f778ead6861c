/**
 * The windows of token ids on which a seed says what it expects: random tokens, text-like ones, without BOS, and two documents packed. Made from
 * a number alone, so that `verify` makes the same ones again.
 */
import type { SeedMap, SeedWindowKind } from '../../checkpoint/map/seed/seed-map.ts';
import { Random } from '../random.ts';

/** `text`: of the user's. */
export type WindowKind = SeedWindowKind | 'text';

export interface Window<Kind extends WindowKind = WindowKind> {
  readonly kind: Kind;
  readonly ids: Int32Array;
  /** Where the program's input begins. */
  readonly offset: number;
}

/** From what windows are made, as a map says it. */
export interface WindowSetting {
  readonly seed: number;
  /** Tokens of a window, and windows of each kind. */
  readonly length: number;
  readonly sequences: number;
  /** How many tokens answers are chosen among. */
  readonly among: number;
}

type Tokens = Pick<SeedMap, 'bos' | 'tokens' | 'circuits'>;

/** Ids that the windows take their tokens from, in increasing order: BOS, what the programs name, and others at random. */
export function windowTokens({ bos, tokens }: Tokens, vocab: number, { seed, among }: WindowSetting): number[] {
  const ids = new Set(tokens.flatMap(({ id }) => (id === null ? [] : [id])));
  if (bos !== null) ids.add(bos.id);
  const wanted = Math.min(vocab, Math.max(among, ids.size + 1));
  if (wanted === vocab) return Array.from({ length: vocab }, (_, id) => id);
  const random = new Random(seed, 0);
  while (ids.size < wanted) ids.add(random.below(vocab));
  return [...ids].sort((a, b) => a - b);
}

/**
 * @param named ids of the program's own alphabet; none of a program over any token
 * @param isClosed whether it has a meaning on these alone
 */
export function windowsOf(
  map: Tokens,
  ids: readonly number[],
  named: readonly number[],
  isClosed: boolean,
  setting: WindowSetting,
): Window<SeedWindowKind>[] {
  const { seed, length, sequences } = setting;
  const bos = map.bos?.id ?? null;
  const isFeature = map.circuits.some(({ kind }) => kind === 'feature');
  const others = ids.filter((id) => id !== bos && !named.includes(id));
  // a compiled circuit leaves out the first position, whatever stands there
  const first = bos !== null ? [bos] : isFeature ? [others[0] ?? named[0] ?? 0] : [];
  const offset = first.length;
  return Array.from({ length: sequences }, (_, s): Window<SeedWindowKind>[] => {
    const random = new Random(seed, s + 1);
    const half = Math.max(1, Math.floor((length - offset) / 2));
    const fresh = Array.from({ length: half }, () => {
      const isNamed = isClosed || (named.length > 0 && random.below(2) === 0);
      const from = isNamed || others.length === 0 ? named : others;
      return from[random.below(from.length)] as number;
    });
    const source = textLike(named, isClosed ? [] : others, random);
    const text = (count: number) => Int32Array.from([...first, ...source(count)]);
    const repeated = [...fresh, ...fresh];
    return [
      { kind: 'random', ids: Int32Array.from([...first, ...repeated]), offset },
      { kind: 'text-like', ids: text(2 * half), offset },
      ...(bos === null ? [] : [{ kind: 'no-bos', ids: Int32Array.from(repeated), offset: 0 } as const]),
      { kind: 'packed', ids: Int32Array.from([...text(half - offset), ...(bos === null ? [] : [bos]), ...source(half)]), offset },
    ];
  }).flat();
}

/** Of one token in two the two before it decide, among so many. */
const SUCCESSORS = 3;

/**
 * A stand-in for text, of our own making: a source of order two. Every other token is drawn by Zipf's law (the r-th most frequent in proportion
 * to 1/r, the alphabet's own first); the rest are one of three that follow these two tokens, which were drawn by that law once.
 */
function textLike(named: readonly number[], others: readonly number[], random: Random): (count: number) => number[] {
  const order = [...named, ...shuffled(others, random)];
  const sums: number[] = [];
  for (const rank of order.keys()) sums.push((sums.at(-1) ?? 0) + 1 / (rank + 1));
  const zipf = (): number => {
    const level = (random.below(2 ** 30) / 2 ** 30) * (sums.at(-1) ?? 0);
    return order[sums.findIndex((sum) => level < sum)] ?? (order[0] as number);
  };
  const following = new Map<string, readonly number[]>();
  return (count) => {
    const made: number[] = [];
    while (made.length < count) {
      const pair = made.slice(-2).join(' ');
      if (random.below(2) === 0) {
        made.push(zipf());
        continue;
      }
      const next = following.get(pair) ?? Array.from({ length: SUCCESSORS }, zipf);
      following.set(pair, next);
      made.push(next[random.below(SUCCESSORS)] as number);
    }
    return made;
  };
}

function shuffled(items: readonly number[], random: Random): number[] {
  const left = [...items];
  for (let i = left.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [left[i], left[j]] = [left[j] as number, left[i] as number];
  }
  return left;
}
