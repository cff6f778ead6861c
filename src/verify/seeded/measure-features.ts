/**
 * What the features of a seeded model say in the whole model, from the checkpoint's bytes and by the contract of its map, beside what the program's
 * evaluator says of the same tokens.
 */
import type { SeedFeatureRecord, SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { classMembers, memberAt, withoutFirst } from '../../graph/class-members.ts';
import { evaluator } from '../../graph/evaluate/evaluate.ts';
import type { Program } from '../../graph/program.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import type { Model } from '../../runtime/model.ts';
import { adversarialInputs, randomInputs } from '../inputs.ts';
import { type MeasuredSaying, type OutputWeights, sayingMeter } from './measure-sayings.ts';

export interface MeasuredSeed {
  readonly features: readonly MeasuredSeedFeature[];
  readonly sayings: readonly MeasuredSaying[];
  /** How many different tokens of the model's were among the inputs of programs over classes of tokens, and how many there are; null without such programs. */
  readonly tokens: { readonly tried: number; readonly of: number } | null;
}

/** What was measured of one program. */
interface Part extends Omit<MeasuredSeed, 'tokens'> {
  /** Ids that stood in its inputs, where it sorts tokens into classes. */
  readonly tried: readonly number[];
}

export interface MeasuredSeedFeature {
  readonly name: string;
  readonly right: number;
  readonly positions: number;
}

/** How far off a number may be, of the larger of 1 and itself. */
const TOLERANCE = 0.02;
/** Of the inputs of a program so many are made to break things. */
const BROKEN_SHARE = 0.3;

/** A model that runs, and its weights. */
interface Measured {
  readonly model: Model;
  readonly output: OutputWeights;
}

/** @param count how many inputs of each program are run */
export function measureFeatures(map: SeedMap, programs: readonly Program[], subject: Measured, count: number, seed: number): MeasuredSeed {
  const measured = programs.map((program) => measureProgram(map, program, subject, count, seed));
  const tried = new Set(measured.flatMap((each) => each.tried));
  return {
    features: measured.flatMap(({ features }) => features),
    sayings: measured.flatMap(({ sayings }) => sayings),
    tokens: tried.size === 0 ? null : { tried: tried.size, of: subject.model.config.sizes.vocab },
  };
}

function measureProgram(map: SeedMap, program: Program, { model, output }: Measured, count: number, seed: number): Part {
  if (program.vocabulary?.kind !== 'tokens') return { features: [], sayings: [], tried: [] };
  const { values, classOf, ids } = program.vocabulary;
  const idOf = new Map(map.tokens.map(({ value, id }) => [value, id]));
  const members = classOf === undefined ? null : classMembers(classOf, values.length, map.bos?.id ?? null, seed);
  const { vocab, width, positions, layers } = model.config.sizes;
  const taken = new Set([...idOf.values(), map.bos?.id ?? null]);
  const other = Array.from({ length: vocab }, (_, id) => id).find((id) => !taken.has(id)) ?? 0;
  const context = Math.min(map.context, positions) - 1;
  const broken = adversarialInputs(values.length, context);
  const random = randomInputs(values.length, context, count, seed);
  const some = Math.min(broken.count, Math.round(BROKEN_SHARE * count));
  const inputs = [
    ...Array.from({ length: some }, (_, i) => broken.at(Math.floor((i * broken.count) / some))),
    ...Array.from({ length: count - some }, (_, i) => random.at(Math.floor((i * count) / (count - some)))),
  ].map((tokens) => (ids === undefined ? tokens : withoutFirst(tokens, ids, map.bos?.id ?? null)));
  const batch = inputs.map((tokens, i) =>
    Int32Array.from([
      map.bos?.id ?? other,
      ...Array.from(tokens, (token, at) =>
        ids !== undefined
          ? (ids[token] ?? other)
          : members === null
            ? (idOf.get(String(values[token])) ?? other)
            : memberAt(members[token] ?? [], at + i * context),
      ),
    ]),
  );
  const features = map.features.filter(({ name }) => program.exports.some((each) => each.name === name));
  const run = evaluator(
    program.exports.map(({ node }) => node),
    { causal: true },
  );
  const expected = inputs.map((tokens) => {
    const results = run(Array.from(tokens, (token) => values[token] as Value));
    return new Map(program.exports.map(({ name, node }) => [name, (results.get(node) as unknown as { values: readonly Value[] }).values]));
  });
  const scores = features.map(({ name }) => ({ name, right: 0, positions: 0 }));
  const says = (map.says ?? []).filter(({ name }) => program.exports.some((each) => each.name === name));
  const last: Float64Array[] = [];
  model.logits(batch, ({ layer, sublayer, sequence, residual }) => {
    if (sublayer === 'attention') return;
    const at = sublayer === 'embedding' ? 0 : layer + 1;
    if (says.length > 0 && at === layers) last[sequence] = Float64Array.from(residual.subarray(width));
    for (const [f, feature] of features.entries()) {
      if (feature.after !== at) continue;
      const score = scores[f] as { right: number; positions: number };
      for (const [position, value] of (expected[sequence]?.get(feature.name) ?? []).entries()) {
        score.positions++;
        if (isRight(readRecord(feature, residual, (position + 1) * width), value)) score.right++;
      }
    }
  });
  const sayings = says.map((saying) =>
    sayingMeter(saying, output)(inputs.map((_, i) => ({ expected: expected[i]?.get(saying.name) ?? [], stream: last[i] ?? [] }))),
  );
  return { features: scores, sayings, tried: classOf === undefined ? [] : batch.flatMap((input) => [...input.subarray(1)]) };
}

/** The value that a feature has in the stream of one position, which begins at `start`. */
export function readRecord(feature: SeedFeatureRecord, residual: ArrayLike<number>, start: number): boolean | number | string {
  const held = feature.dims.map((dim) => residual[start + dim] as number);
  const dot = (weights: readonly number[]) => held.reduce((sum, x, i) => sum + x * (weights[i] ?? 0), 0);
  if (feature.kind === 'numeric') {
    const per = feature.per.every((weight) => weight === 0) ? 1 : dot(feature.per);
    return (feature.scale * dot(feature.weights)) / per + feature.offset;
  }
  let best: boolean | number | string = Number.NaN;
  let highest = Number.NEGATIVE_INFINITY;
  for (const { value, code } of feature.codes) {
    const cosine = dot(code) / Math.sqrt(code.reduce((sum, x) => sum + x * x, 0));
    if (cosine > highest) [best, highest] = [value, cosine];
  }
  return best;
}

export function isRight(found: boolean | number | string, expected: Value): boolean {
  if (typeof found !== 'number' || typeof expected === 'string') return valuesEqual(found, expected);
  const number = Number(expected);
  return Math.abs(found - number) <= TOLERANCE * Math.max(1, Math.abs(number));
}
