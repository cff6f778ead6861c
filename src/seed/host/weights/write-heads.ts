/** The heads of a circuit as slices of a host's attention. */
import type { Form, Head, ScorePair } from '../../../circuit/circuit.ts';
import { combineForms, constantForm, formKey, scaleForm } from '../../../circuit/form.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { distanceGain } from '../../../placement/distance-gain.ts';
import type { RotaryPair } from '../../../placement/head-layout.ts';
import { type ModelConfig, scoreDivisor } from '../../../targets/model-config.ts';
import type { LayerRole } from '../../../weights/roles.ts';
import { every, type RoleSlice } from '../../draw/slices.ts';
import { tidy } from '../../draw/tidy.ts';
import { headSpace } from '../../heads/head-space.ts';
import { COMPILED_GAIN } from '../../heads/norms/head-gains.ts';
import { recencyTerms } from '../recency.ts';
import { countered, dimOf, readingOf, type Scale, type SeedFrame } from '../seed-frame.ts';

/** One head of the host: the components that attend alike, or those of their values that it has room for. */
export interface HostHead {
  readonly layer: number;
  readonly kvHead: number;
  readonly queryHeads: readonly number[];
  readonly name: string;
  readonly attention: Pick<Head, 'scores' | 'relative' | 'recency' | 'bos'>;
  readonly values: Head['values'];
}

/** Two dimensions of one pair keep different contents apart where it turns less than this within the context, in radians. */
const STILL = 0.05;

/** Dimensions of a head that compare content, those that turn least first. @param oldDim as in {@link headSpace} */
export function contentSlots(config: ModelConfig, context: number, oldDim: number | null): number[] {
  const { content } = headSpace(config, context + 1, null, oldDim);
  return content.filter(({ frequency }, i) => frequency * context < STILL || content[i - 1]?.frequency !== frequency).map(({ dim }) => dim);
}

/** Scores of products with the same query as one. */
export function mergedScores(scores: readonly ScorePair[], bosScore: number, bos: Form): ScorePair[] {
  const merged = new Map<string, { query: Form; keys: { form: Form; weight: number }[] }>();
  const add = (query: Form, key: Form): void => {
    const unit = query.constant !== 0 ? query.constant : (query.terms[0]?.weight ?? 1);
    const normal = scaleForm(query, 1 / unit);
    const own = merged.get(formKey(normal)) ?? { query: normal, keys: [] };
    own.keys.push({ form: key, weight: unit });
    merged.set(formKey(normal), own);
  };
  if (bosScore !== 0) add(constantForm(1), scaleForm(bos, bosScore));
  for (const { query, key } of scores) add(query, key);
  return [...merged.values()].map(({ query, keys }) => ({ query, key: combineForms(keys) }));
}

/** Where a head is written, and how it is read there. */
export interface HeadPlace {
  readonly scale: Scale;
  readonly context: number;
  /** What marks the first position. */
  readonly bos: Form;
  /** As in {@link headSpace}. */
  readonly oldDim: number | null;
}

export function writeHead(config: ModelConfig, frame: SeedFrame, head: HostHead, place: HeadPlace): RoleSlice[] {
  const { dim, width } = config.sizes;
  const { scale, context, bos, oldDim } = place;
  const { scores, relative, recency = 0, bos: sink } = head.attention;
  const root = scoreDivisor(config);
  const rows = {
    query: new Float64Array(dim * width),
    key: new Float64Array(dim * width),
    value: new Float64Array(dim * width),
    output: new Float64Array(dim * width),
  };
  const put = (kind: 'query' | 'key' | 'value', slot: number, form: Form, factor: number): void => {
    for (const [d, weight] of readingOf(frame, form, factor, scale)) rows[kind][slot * width + d] = tidy(weight);
  };
  let shift = 0;
  const turning = relative !== null || recency !== 0;
  const probe = mergedScores(scores, 1, bos);
  const slots = contentSlots(config, context, oldDim);
  if (probe.length > slots.length) {
    fail('R7706', {
      what: `${probe.length} classes that \`${head.name}\` tells apart`,
      needed: probe.length,
      available: slots.length,
      of: `dimensions of a head that compare content over ${context} positions`,
      instead: 'a shorter context (`--context`), a smaller alphabet or larger heads would do',
    });
  }
  const used = new Set(slots.slice(0, probe.length));
  const pairs = headSpace(config, context, null, oldDim).pairs.filter(({ first, second }) => !used.has(first) && !used.has(second));
  if (turning) {
    // the constant of the query meets that of the key; the first position has none
    const one = constantForm(1);
    const score = (pair: RotaryPair, cosine: number, sine: number): void => {
      const strength = Math.sqrt(Math.hypot(cosine, sine));
      if (strength === 0) return;
      put('query', pair.first, one, (cosine / strength) * Math.sqrt(root));
      put('query', pair.second, one, (sine / strength) * Math.sqrt(root));
      put('key', pair.first, one, strength * Math.sqrt(root));
    };
    const sums = new Map<RotaryPair, { cosine: number; sine: number }>();
    const add = (pair: RotaryPair, cosine: number, sine: number): void => {
      const sum = sums.get(pair) ?? { cosine: 0, sine: 0 };
      sums.set(pair, { cosine: sum.cosine + cosine, sine: sum.sine + sine });
    };
    if (relative !== null) {
      const { gain, terms } = distanceGain({ content: [], pairs }, relative, context);
      shift += gain;
      for (const { pair, cosine, sine } of terms) add(pair, cosine, sine);
    }
    if (recency !== 0) {
      const { middle, terms } = recencyTerms(pairs, recency, context);
      shift += middle;
      for (const { pair, cosine, sine } of terms) add(pair, cosine, sine);
    }
    for (const [pair, { cosine, sine }] of sums) score(pair, cosine, sine);
    // only keys have the constant at the first position taken from them
    for (const { first, second } of pairs) for (const slot of [first, second]) rows.key[slot * width + frame.flag.dim] = 0;
    settle(rows.key, width, frame);
  }
  // What turning scores at its best is taken off again: louder and quieter keys then differ by little where it matters.
  const centre = combineForms([{ form: bos, weight: shift }], -shift);
  const centred = shift === 0 ? scores : [...scores, { query: constantForm(1), key: centre }];
  for (const [i, { query, key }] of mergedScores(centred, sink.score, bos).entries()) {
    const slot = slots[i] as number;
    // both sides equally large
    const lean = Math.sqrt(sizeOf(key) / sizeOf(query)) || 1;
    put('query', slot, query, lean * Math.sqrt(root));
    put('key', slot, key, Math.sqrt(root) / lean);
  }
  const gains = oldDim === null ? [] : lengthened(config, head, rows, { oldDim, put });
  const slotOf = new Map<string, number>();
  for (const { form, write } of head.values) {
    const key = formKey(form);
    if (!slotOf.has(key)) {
      slotOf.set(key, slotOf.size);
      put('value', slotOf.size - 1, form, 1);
    }
    const d = dimOf(frame, write);
    const at = (slotOf.get(key) as number) * width;
    if (d !== null) rows.output[at + d] = (rows.output[at + d] as number) + tidy((write.weight * frame.amplitude) / head.queryHeads.length);
  }
  for (let slot = 0; slot < slotOf.size; slot++) countered(frame, rows.output.subarray(slot * width, (slot + 1) * width));
  return [...slicesOf(config, head, rows), ...gains];
}

type Rows = Record<'query' | 'key' | 'value' | 'output', Float64Array>;

interface Lengthening {
  readonly oldDim: number;
  /** Adds to a row of one kind what reads so many times a form. */
  readonly put: (kind: 'query' | 'key', slot: number, form: Form, factor: number) => void;
}

/**
 * Behind a norm half a number is as long as a whole one, unless something beside it has the length: in a dimension that was there before, where keys
 * are 0, every query has the same number, and keys have it in another. So both are divided by the same everywhere, and gains make up for that.
 */
function lengthened(config: ModelConfig, { layer, name }: HostHead, rows: Rows, { oldDim, put }: Lengthening): RoleSlice[] {
  const { dim, width } = config.sizes;
  const compared = every(dim).filter((slot) => rows.key.subarray(slot * width, (slot + 1) * width).some((weight) => weight !== 0));
  const half = (config.rotary?.dims ?? 0) / 2;
  const turned = new Set(compared.flatMap((slot) => (slot < half ? [slot, slot + half] : slot < 2 * half ? [slot - half, slot] : [slot])));
  const length = Math.sqrt(dim);
  for (const kind of ['query', 'key'] as const) for (const [at, weight] of rows[kind].entries()) rows[kind][at] = weight / COMPILED_GAIN;
  put('query', 0, constantForm(1), length);
  put('key', dim / oldDim, constantForm(1), length);
  return (['queryNormGain', 'keyNormGain'] as const).map(
    (role): RoleSlice => ({
      ...{ role, layer, purpose: 'programmed', circuits: [name], value: () => COMPILED_GAIN },
      indices: [[...turned].sort((a, b) => a - b)],
    }),
  );
}

/** Rows that add up to zero again, where the norm takes a mean off. */
function settle(rows: Float64Array, width: number, { zero }: SeedFrame): void {
  if (zero === null) return;
  for (let start = 0; start < rows.length; start += width) {
    let sum = 0;
    for (let d = 0; d < width; d++) if (d !== zero) sum += rows[start + d] as number;
    rows[start + zero] = -sum;
  }
}

function sizeOf({ constant, terms }: Form): number {
  return Math.max(Math.abs(constant), ...terms.map(({ weight }) => Math.abs(weight)), 1e-9);
}

/** All rows of the head, whole: what the circuit does not use is zero. */
function slicesOf(config: ModelConfig, { layer, kvHead, queryHeads, name }: HostHead, rows: Rows): RoleSlice[] {
  const { dim, width } = config.sizes;
  const common = { layer, purpose: 'programmed', circuits: [name] } as const;
  const matrix = (role: 'query' | 'key' | 'value' | 'output', heads: readonly number[]): RoleSlice => ({
    ...common,
    role,
    indices: [heads, every(dim), every(width)],
    value: (_, d, w) => rows[role][(d as number) * width + (w as number)] as number,
  });
  const bias = (role: LayerRole, heads: readonly number[]): RoleSlice => ({
    ...common,
    role,
    indices: [heads, every(dim)],
    value: () => 0,
  });
  return [
    matrix('query', queryHeads),
    matrix('key', [kvHead]),
    matrix('value', [kvHead]),
    matrix('output', queryHeads),
    ...(config.traits.biases.attentionInput ? [bias('queryBias', queryHeads), bias('keyBias', [kvHead]), bias('valueBias', [kvHead])] : []),
  ];
}
