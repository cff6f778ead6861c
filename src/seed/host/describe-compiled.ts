/** From a compiled seed to the circuit map: where each value lies, how it is read, and which entries make it. */
import type { SeedCircuit, SeedFeatureRecord, SeedMap, SeedPromise, SeedSayingRecord } from '../../checkpoint/map/seed/seed-map.ts';
import type { Form } from '../../circuit/circuit.ts';
import { typeOfAll, type Value } from '../../graph/value.ts';
import { streamAxes } from '../../targets/stream-axes.ts';
import type { SeedFeature } from '../discipline/export-features.ts';
import { storedSlices } from '../draw/seed-tensors.ts';
import { sliceOf, spanOf } from '../write/describe-seed.ts';
import { type CompiledSeed, formsOfFeature } from './compile-seed.ts';
import { counterDims, type Saying, saidDims } from './sayings.ts';
import { dimOf, type Scale, type SeedFrame } from './seed-frame.ts';

type Described = Pick<
  SeedMap,
  'target' | 'context' | 'bos' | 'code' | 'variables' | 'heads' | 'circuits' | 'cleared' | 'features' | 'scales' | 'says' | 'stream'
>;

/** How a saying was heard in the whole model. */
export type HeardSaying = Pick<SeedSayingRecord, 'name' | 'nats' | 'accuracy' | 'positions'>;

/** The part of the map that follows from the seed. */
export function describeCompiled(
  seed: CompiledSeed,
  promises: ReadonlyMap<string, SeedPromise>,
  heard: readonly HeardSaying[] = [],
): Described {
  const { parts, sayings, placed, frame, slices } = seed;
  const { config } = placed.host;
  const stored = [...storedSlices(config, slices).values()].flat();
  const programmed = stored.filter(({ slice }) => slice.purpose === 'programmed').map(sliceOf);
  const names = headNames(seed);
  const features = parts.flatMap((part) => part.features);
  const circuits = features.map(
    (feature): SeedCircuit => ({
      name: feature.name,
      kind: 'feature',
      span: spanOf(feature.node.spans[0] ?? null),
      heads: [...new Set(names.values())],
      dims: frame.reserved,
      slices: programmed,
      promise: promises.get(feature.name) ?? null,
    }),
  );
  return {
    target: config.target.name,
    context: placed.context + 1,
    bos: placed.bos === null ? null : { id: placed.bos },
    code: { bits: 0, columns: [] },
    variables: variablesOf(seed),
    heads: placed.layers.flatMap(({ heads }, layer) =>
      heads.flatMap((head) =>
        head.queryHeads.map((at) => ({
          layer,
          head: at,
          name: names.get(`${layer}.${head.kvHead}`) as string,
          span: '',
          after: 0,
          streamAtMost: null,
        })),
      ),
    ),
    circuits,
    cleared: stored.filter(({ slice }) => slice.purpose === 'cleared').map(sliceOf),
    // any token is said, and left nowhere else
    features: features.flatMap((feature) => (feature.code.kind === 'token' ? [] : [recordOf(feature, frame, placed.layers.length)])),
    scales: { attention: seed.scales.attention.map(bare), mlp: seed.scales.mlp.map(bare) },
    says: sayings.flatMap((saying) => {
      const own = heard.find(({ name }) => name === saying.name);
      return own === undefined ? [] : [{ ...sayingRecord(saying, frame), ...own }];
    }),
    stream: streamAxes(config.target),
  };
}

/** What weights follow from, without what was measured besides. */
function bare({ first, typical }: Scale): { readonly first: number; readonly typical: number } {
  return { first, typical };
}

/** A saying without how it was heard. */
export function sayingRecord(saying: Saying, frame: SeedFrame): Omit<SeedSayingRecord, 'nats' | 'accuracy' | 'positions'> {
  const own = saidDims(frame, saying);
  return {
    name: saying.name,
    dims: [...own.map(({ dim }) => dim), ...counterDims(frame, saying)],
    strength: saying.strength,
    values: saying.values.map(({ value, ids }) => ({ value: jsonValue(value), ids })),
    code: saying.code === null ? null : { bits: saying.code.bits, columns: saying.code.columns },
  };
}

/** A name for each head, numbered where two would have the same. */
function headNames({ placed }: CompiledSeed): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const [layer, { heads }] of placed.layers.entries()) {
    for (const head of heads) {
      let name = head.name;
      for (let n = 2; taken.has(name); n++) name = `${head.name}_${n}`;
      taken.add(name);
      names.set(`${layer}.${head.kvHead}`, name);
    }
  }
  return names;
}

function variablesOf({ frame, circuit, placed }: CompiledSeed): SeedMap['variables'] {
  const embedded = new Set(circuit.embeddings.map(({ register }) => register));
  const common = { written: -1, lastRead: placed.layers.length };
  const one = (name: string, dim: number, amplitude: number) => ({ name, encoding: name, dims: [dim], amplitude, ...common });
  return [
    one('constant', frame.constant.dim, frame.constant.amplitude),
    ...(frame.even === null ? [] : [one('even', frame.even.dim, frame.even.amplitude)]),
    one('first', frame.flag.dim, frame.flag.amplitude),
    ...(frame.zero === null ? [] : [one('zero', frame.zero, 0)]),
    ...(frame.balance === null ? [] : [one('balance', frame.balance, 0)]),
    ...(frame.counter === null ? [] : [one('counter', frame.counter, 0)]),
    ...[...frame.dims].map(([register, dims]) => ({
      name: register.name,
      encoding: register.encoding,
      dims: dims.flatMap((dim) => (dim === null ? [] : [dim])),
      amplitude: frame.amplitude,
      written: embedded.has(register)
        ? -1
        : placed.layers.findIndex(({ heads, groups }) =>
            [
              ...heads.flatMap(({ values }) => values.map(({ write }) => write)),
              ...groups.flatMap(({ steps, base }) => [...base, ...steps.flatMap(({ writes }) => writes)]),
            ].some((write) => write.register === register),
          ),
      lastRead: placed.layers.length,
    })),
  ];
}

/** How a feature is read, by the contract of raspc.json. */
function recordOf(feature: SeedFeature, frame: SeedFrame, after: number): SeedFeatureRecord {
  const { name, code } = feature;
  if (code.kind === 'token') throw new Error('a token is said, and no feature');
  const terms = formsOfFeature(feature).flatMap((form) => form.terms);
  const used = new Set(terms.flatMap((term) => dimOf(frame, term) ?? []));
  if (formsOfFeature(feature).some(({ constant }) => constant !== 0)) used.add(frame.constant.dim);
  // where a model was made larger, what is new holds the mean of the others, which a number has to be read without
  if (frame.counter !== null && frame.zero !== null && code.kind === 'numeric') used.add(frame.zero);
  const dims = [...used].sort((a, b) => a - b);
  const type = code.kind === 'categorical' ? typeOfAll(code.values) : 'float';
  const common = { name, type, after, dims, positions: 'from 1' };
  if (code.kind === 'numeric') {
    const read = (form: Form) => weightsOf(form, frame, dims);
    return { ...common, kind: 'numeric', codes: [], weights: read(code.numerator), per: read(code.denominator), scale: 1, offset: 0 };
  }
  const codes = code.values.flatMap((value, v) =>
    codesOf(code.forms[v] as Form, frame, dims).map((entry) => ({ value: jsonValue(value), code: entry })),
  );
  return { ...common, kind: 'categorical', codes, weights: [], per: [], scale: 1, offset: 0 };
}

/** Codes of a value: one for each dimension that stands for it. */
function codesOf({ constant, terms }: Form, frame: SeedFrame, dims: readonly number[]): number[][] {
  const held = terms.flatMap((term) => dimOf(frame, term) ?? []);
  if (held.length === 0 && constant > 0) held.push(frame.constant.dim);
  return held.map((own) => dims.map((dim) => (dim === own ? 1 : 0)));
}

function weightsOf({ constant, terms }: Form, frame: SeedFrame, dims: readonly number[]): number[] {
  const weights = new Map<number, number>([[frame.constant.dim, (constant * frame.amplitude) / frame.constant.amplitude]]);
  for (const term of terms) {
    const dim = dimOf(frame, term);
    if (dim !== null) weights.set(dim, (weights.get(dim) ?? 0) + term.weight);
  }
  if (frame.counter !== null && frame.zero !== null)
    weights.set(frame.zero, -[...weights.values()].reduce((sum, weight) => sum + weight, 0));
  return dims.map((dim) => weights.get(dim) ?? 0);
}

function jsonValue(value: Value): boolean | number | string {
  return typeof value === 'bigint' ? Number(value) : value;
}
