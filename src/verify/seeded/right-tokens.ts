/** The tokens that a program answers with, on a model's tokens as its values, and whether a model says them. */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import type { Evaluation } from '../../graph/evaluate/evaluate.ts';
import type { Aggregate } from '../../graph/graph.ts';
import type { Program, Vocabulary } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';

/** The vocabulary under which a program over any token is loaded to be measured: numbers, so that what no token stands for can be 0. */
export const OPEN_TOKENS: Vocabulary = { kind: 'tokens', values: [1n], span: null };

/** The tokens as the program's own values. Those of an open vocabulary are numbers from 1 on, since what no token stands for is 0. */
export function tokenValues({ tokens }: Pick<SeedMap, 'tokens'>, { vocabulary }: Pick<Program, 'vocabulary'>, ids: Int32Array): Value[] {
  if (vocabulary === OPEN_TOKENS || vocabulary?.kind !== 'tokens') return Array.from(ids, (id) => BigInt(id) + 1n);
  const { values, classOf } = vocabulary;
  if (classOf !== undefined) return Array.from(ids, (id) => values[classOf[id] ?? 0] as Value);
  const byName = new Map(values.map((value) => [String(value), value] as const));
  const known = tokens.filter(({ value }) => byName.has(value));
  const byId = new Map(known.flatMap(({ value, id }) => (id === null ? [] : [[id, byName.get(value) as Value] as const])));
  const others = byName.get(known.find(({ id }) => id === null)?.value ?? '') ?? '';
  return Array.from(ids, (id) => byId.get(id) ?? others);
}

/** The tokens that the program selects at a position, those selected most often: they are all right. */
export function rightTokens(evaluation: Evaluation, node: Aggregate, position: number, keys: Int32Array): number[] {
  const count = evaluation.matrix(node.selector).keysOf(position, keys);
  const { values } = evaluation.sequence(node.value);
  const times = new Map<number, number>();
  for (const key of keys.subarray(0, count)) {
    const token = Number(values[key]) - 1;
    if (token >= 0) times.set(token, (times.get(token) ?? 0) + 1);
  }
  const most = Math.max(0, ...times.values());
  return [...times].filter(([, n]) => n === most).map(([token]) => token);
}

/**
 * Whether a row of logits has one of the right tokens on top; or, where they are to be lower by so many nats, all of them by half of that below the
 * mean.
 *
 * @param others tokens that something else says there, which may be as high
 */
export function saysRight(row: ArrayLike<number>, right: readonly number[], strength = 0, others: readonly number[] = []): boolean {
  const beside = others.filter((token) => !right.includes(token));
  if (beside.length > 0 && strength >= 0) {
    const most = right.reduce((top, token) => Math.max(top, row[token] as number), Number.NEGATIVE_INFINITY);
    return Array.from(row).every((value, token) => value <= most || beside.includes(token));
  }
  let best = 0;
  let sum = 0;
  for (let token = 0; token < row.length; token++) {
    sum += row[token] as number;
    if ((row[token] as number) > (row[best] as number)) best = token;
  }
  // a NaN anywhere makes it wrong
  if (Number.isNaN(sum)) return false;
  if (strength >= 0) return right.includes(best);
  return right.every((token) => (row[token] as number) < sum / row.length + strength / 2);
}
