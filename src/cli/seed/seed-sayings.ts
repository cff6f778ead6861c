/** How what a seed says to the output is heard in the whole of the very model, before it is written. Diagnostics: R7717. */
import { evaluate } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import type { Value } from '../../graph/value.ts';
import { vocabularyOf } from '../../seed/host/alphabet-source.ts';
import { LEAST_RIGHT } from '../../seed/host/check-seed.ts';
import { type CompiledSeed, idsOf, type SeedPart } from '../../seed/host/compile-seed.ts';
import { type HeardSaying, sayingRecord } from '../../seed/host/describe-compiled.ts';
import { outputWeights, type Saying } from '../../seed/host/sayings.ts';
import { LEAST_HEARD, refuseExport } from '../../seed/program/export-request.ts';
import { checkpointOf, runnable, shortSlices } from '../../seed/stream/measure-stream.ts';
import { checkpointHost } from '../../seed/write/checkpoint-host.ts';
import { sayingMeter } from '../../verify/seeded/measure-sayings.ts';

/** Inputs of each program, as indices into its vocabulary. */
type Inputs = readonly (readonly Uint32Array[])[];

/** @param more on which they are heard where not everything was right on the first: few do not tell how often */
export function hearSayings(seed: CompiledSeed, inputs: Inputs, more: Inputs): HeardSaying[] {
  if (seed.sayings.length === 0) return [];
  const first = heardOn(seed, inputs);
  const heard = first.every(({ accuracy }) => accuracy === 1) ? first : heardOn(seed, more);
  for (const { name, nats, accuracy, positions } of heard) {
    const saying = seed.sayings.find((each) => each.name === name) as Saying;
    // NaN where it is never said: then nothing is known of it
    if (nats / saying.strength < LEAST_HEARD || accuracy < LEAST_RIGHT) {
      const right = Math.round(accuracy * positions);
      const why = `in this model it moves its tokens by ${nats.toFixed(2)} nats of ${saying.strength.toFixed(2)}, as it should at ${right} of ${positions} positions`;
      refuseExport(name, saying.isFeature ? 'both' : 'logits', why, saying.register.spans[0] ?? null);
    }
  }
  return heard.map((each) => ({ ...each, nats: Number.isNaN(each.nats) ? 0 : each.nats }));
}

function heardOn(seed: CompiledSeed, inputs: Inputs): HeardSaying[] {
  const { host, bos } = seed.placed;
  const { sizes } = host.config;
  const batches = seed.parts.map(({ source }, p) => (inputs[p] ?? []).map((tokens) => ({ tokens, ids: idsOf(tokens, source, bos) })));
  const all = batches.flat();
  const named = seed.sayings.flatMap(({ values }) => values.flatMap(({ ids }) => ids));
  const kept = [...new Set([...named, ...all.flatMap(({ ids }) => [...ids])])].sort((a, b) => a - b);
  const rowOf = new Map(kept.map((id, row) => [id, row]));
  const row = (id: number): number => rowOf.get(id) as number;
  const positions = Math.max(...all.map(({ ids }) => ids.length));
  const config = { ...host.config, sizes: { ...sizes, vocab: kept.length, outputs: kept.length, positions } };
  const checkpoint = checkpointOf(config, host, kept, shortSlices(seed.slices, sizes.layers, kept, positions, true));
  const streams: Float64Array[] = [];
  runnable(checkpoint).logits(
    all.map(({ ids }) => ids.map(row)),
    ({ layer, sublayer, sequence, residual }) => {
      if (sublayer !== 'attention' && layer === sizes.layers - 1) streams[sequence] = Float64Array.from(residual.subarray(sizes.width));
    },
  );
  const cut = outputWeights(checkpointHost(checkpoint), row);
  let from = 0;
  return seed.parts.flatMap((part, p) => {
    const own = batches[p] ?? [];
    const heard = streams.slice(from, from + own.length);
    from += own.length;
    return sayingsOf(part, seed).map((saying) => {
      const measure = sayingMeter(sayingRecord(saying, seed.frame), cut);
      const { right, ...found } = measure(
        own.map(({ tokens }, i) => ({ expected: valuesOf(part, saying, tokens), stream: heard[i] ?? [] })),
      );
      return { ...found, accuracy: right / Math.max(1, found.positions) };
    });
  });
}

function sayingsOf({ source }: SeedPart, { sayings }: CompiledSeed): Saying[] {
  return sayings.filter(({ name }) => source.program.exports.some((each) => each.name === name));
}

function valuesOf({ source: { program } }: SeedPart, { name }: Saying, tokens: Uint32Array): readonly Value[] {
  const node = program.exports.find((each) => each.name === name)?.node;
  if (node === undefined) return [];
  const vocabulary = vocabularyOf(program);
  const results = evaluate(
    [node],
    Array.from(tokens, (token) => vocabulary[token] as Value),
    { causal: true },
  );
  return (results.get(node) as Sequence).values;
}
