/**
 * What a seed computes beside what its programs say: its circuit by itself, on many inputs, and in the first layers of its host, on fewer. Both
 * before a weight is written.
 */
import { evaluateCircuit, evaluateForm } from '../../circuit/evaluate.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { evaluator } from '../../graph/evaluate/evaluate.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { SeedFeature } from '../discipline/export-features.ts';
import { isRight, readFeature } from '../discipline/read-features.ts';
import { classesOf, vocabularyOf, wholeIds } from './alphabet-source.ts';
import { type CompiledSeed, idsOf, type SeedPart } from './compile-seed.ts';
import { runHost } from './run-host.ts';
import { numberAt } from './seed-frame.ts';

/** Inputs as indices into a vocabulary. */
export interface CheckInputs {
  /** On which the circuit is tried by itself. */
  readonly circuit: readonly Uint32Array[];
  /** On which the host is run. */
  readonly host: readonly Uint32Array[];
  /** On which it is run where it was not right on all of these: what is wrong is wrong on many inputs alike, and few do not tell how often. */
  readonly more?: readonly Uint32Array[];
}

export interface FeatureScore {
  readonly name: string;
  readonly right: number;
  readonly positions: number;
}

/** A circuit that is wrong at more positions than this in its host is not seeded. */
export const LEAST_RIGHT = 0.99;

/** What every position of an input should be, by export; null where the program has no meaning there. */
function expectations({ source }: SeedPart) {
  const { program } = source;
  const run = evaluator(
    program.exports.map(({ node }) => node),
    { causal: true },
  );
  return (tokens: readonly Value[]): ReadonlyMap<string, readonly Value[]> => {
    const results = run(tokens);
    return new Map(program.exports.map(({ name, node }) => [name, valuesOf(results.get(node as SOp))]));
  };
}

/** An input in words. */
function saysOf({ source }: SeedPart, tokens: Uint32Array): Value[] {
  const vocabulary = vocabularyOf(source.program);
  return Array.from(tokens, (token) => vocabulary[token] as Value);
}

function valuesOf(found: unknown): readonly Value[] {
  return (found as { readonly values: readonly Value[] }).values;
}

/** Diagnostics: R7714 where the circuit and the program differ, R7715 where the host is too often wrong. */
export function checkSeed(seed: CompiledSeed, inputs: readonly CheckInputs[]): FeatureScore[] {
  return seed.parts.flatMap((part, p) => {
    const { circuit = [], host = [], more = host } = inputs[p] ?? {};
    tryCircuit(seed, part, circuit);
    const scores = scoreInHost(seed, part, host);
    return scores.every(({ right, positions }) => right === positions) ? scores : scoreInHost(seed, part, more);
  });
}

function tryCircuit({ circuit }: CompiledSeed, part: SeedPart, inputs: readonly Uint32Array[]): void {
  const expected = expectations(part);
  for (const tokens of inputs) {
    const wanted = expected(saysOf(part, tokens));
    const contents = evaluateCircuit(circuit, { tokens: [...tokens], causal: true });
    for (const feature of part.features) {
      for (const [position, value] of (wanted.get(feature.name) ?? []).entries()) {
        const found = readFeature(feature, (form) => evaluateForm(form, contents, position + 1));
        if (isRight(found, value, feature.code.kind)) continue;
        const input = Array.from(tokens, (token) => String(vocabularyOf(part.source.program)[token])).join(' ');
        fail(
          'R7714',
          { name: feature.name, input, position, found: String(found), expected: String(value) },
          { span: feature.node.spans[0] },
        );
      }
    }
  }
}

/** How often each feature is right in the host's own stream. Diagnostics: R7715 where that is too seldom. */
export function scoreInHost(seed: CompiledSeed, part: SeedPart, inputs: readonly Uint32Array[]): FeatureScore[] {
  const scores = scoreBatch(
    seed,
    part,
    inputs.map((tokens) => saysOf(part, tokens)),
    inputs.map((tokens) => idsOf(tokens, part.source, seed.placed.bos)),
  );
  for (const [f, { name, right, positions }] of scores.entries()) {
    if (right < LEAST_RIGHT * positions) {
      const { context } = seed.placed;
      fail('R7715', { name, right, positions, least: LEAST_RIGHT, context }, { span: part.features[f]?.node.spans[0] });
    }
  }
  return scores;
}

/**
 * The same on windows of a tokenizer's ids, as text has them; what stands first is put before them.
 *
 * @param texts what each token says, where a program asks which token it is
 */
export function scoreOnText(
  seed: CompiledSeed,
  part: SeedPart,
  windows: readonly (readonly number[])[],
  texts: readonly string[] = [],
): FeatureScore[] {
  const classOf = classesOf(part.source);
  if (classOf === null) throw new Error('a program over an alphabet has no text');
  const isWhole = wholeIds(part.source) !== null;
  return scoreBatch(
    seed,
    part,
    windows.map((ids) =>
      isWhole
        ? ids.map((id) => texts[id] as Value)
        : saysOf(
            part,
            Uint32Array.from(ids, (id) => classOf[id] ?? 0),
          ),
    ),
    windows.map((ids) => Int32Array.from([seed.placed.bos ?? 0, ...ids])),
    isWhole,
  );
}

/** A feature of tokens as it is read where these are all that it can be. */
function among(feature: SeedFeature, values: readonly Value[], ids: Int32Array): SeedFeature {
  const { code } = feature;
  return code.kind === 'token' ? { ...feature, code: { ...code, values, codes: { ...code.codes, ids: [...ids] } } } : feature;
}

/** @param isOfInput whether a token is one of its input, and not of the vocabulary that the program was compiled for */
function scoreBatch(
  seed: CompiledSeed,
  part: SeedPart,
  inputs: readonly (readonly Value[])[],
  batch: readonly Int32Array[],
  isOfInput = false,
): FeatureScore[] {
  const { placed, frame, slices } = seed;
  const { width } = placed.host.config.sizes;
  const { streams } = runHost(placed.host, slices, placed.layers.length, batch);
  const expected = expectations(part);
  const scores = part.features.map(({ name }) => ({ name, right: 0, positions: 0 }));
  for (const [i, tokens] of inputs.entries()) {
    const wanted = expected(tokens);
    for (const [f, exported] of part.features.entries()) {
      const feature = isOfInput ? among(exported, tokens, (batch[i] as Int32Array).subarray(1)) : exported;
      const score = scores[f] as { right: number; positions: number };
      for (const [position, value] of (wanted.get(feature.name) ?? []).entries()) {
        const found = readFeature(feature, (form) => numberAt(frame, form, streams[i] as Float32Array, (position + 1) * width));
        score.positions++;
        if (isRight(found, value, feature.code.kind)) score.right++;
      }
    }
  }
  return scores;
}
