/**
 * A forward pass in float32 on unpacked weights, written from the definitions and from nothing of the runtime: every part is computed, used
 * or not, and every product and sum is rounded.
 */
import { type OpenCheckpoint, unpackWeights } from '../../src/checkpoint/unpack-checkpoint.ts';
import type { LayerRole, ModelRole } from '../../src/weights/roles.ts';

const f = Math.fround;
type Vector = readonly number[];

/** In which order sums are taken: all of them are float32's, and where they lead to different ends none is the right one. */
type SumOrder = 'forward' | 'backward' | 'lanes' | 'exact';
export const SUM_ORDERS: readonly SumOrder[] = ['forward', 'backward', 'lanes', 'exact'];

const LANES = 8;
const forward = (terms: Vector): number => terms.reduce((total, x) => f(total + x), 0);
const SUMS: Readonly<Record<SumOrder, (terms: Vector) => number>> = {
  forward,
  backward: (terms) => forward([...terms].reverse()),
  lanes: (terms) => forward(Array.from({ length: LANES }, (_, lane) => forward(terms.filter((__, at) => at % LANES === lane)))),
  exact: (terms) => f(terms.reduce((total, x) => total + x, 0)),
};

/** `[position, output]`, flattened. */
export function float32Logits(checkpoint: OpenCheckpoint, order: SumOrder = 'forward'): (ids: readonly number[]) => Float32Array {
  const { config } = checkpoint;
  const { sizes, traits, rotary, epsilon } = config;
  const { width, heads, kvHeads, dim } = sizes;
  const weights = unpackWeights(checkpoint);
  const once = (role: ModelRole): Float64Array | undefined => weights.model[role]?.data.map(f);
  const layers = weights.layers.map(
    (roles) =>
      (role: LayerRole): Float64Array | undefined =>
        roles[role]?.data.map(f),
  );
  const sum = SUMS[order];
  const dot = (a: Vector, b: Vector): number => sum(a.map((x, i) => f(x * (b[i] as number))));
  const add = (a: Vector, b: Vector): number[] => a.map((x, i) => f(x + (b[i] as number)));
  const rowOf = (table: Float64Array, row: number, size: number): number[] => [...table.subarray(row * size, (row + 1) * size)];
  /** `[out, in] · x + bias` */
  const linear = (matrix: Float64Array | undefined, bias: Float64Array | undefined, x: Vector): number[] => {
    const table = matrix as Float64Array;
    const product = Array.from({ length: table.length / x.length }, (_, row) => dot(rowOf(table, row, x.length), x));
    return bias === undefined ? product : add(product, [...bias]);
  };
  const turned = (table: Float64Array): Float64Array => {
    const rows = table.length / width;
    return Float64Array.from({ length: table.length }, (_, at) => table[(at % rows) * width + Math.floor(at / rows)] as number);
  };
  const normed = (x: Vector, gain: Float64Array, bias: Float64Array | undefined): number[] => {
    const mean = traits.norm === 'rms-norm' ? 0 : f(sum(x) / x.length);
    const centred = x.map((each) => f(each - mean));
    const variance = f(sum(centred.map((each) => f(each * each))) / x.length);
    // layer norms in blocks make of infinity what they will
    const isLost = traits.norm === 'layer-norm' && variance === Number.POSITIVE_INFINITY;
    const inverse = isLost ? Number.NaN : f(1 / f(Math.sqrt(f(variance + epsilon))));
    // the mean is taken off before or after the scale
    const shift = f(-mean * inverse);
    const scaled = order === 'forward' ? centred.map((each) => f(each * inverse)) : x.map((each) => f(f(each * inverse) + shift));
    return scaled.map((each, i) => f(f(each * (gain[i] as number)) + (bias?.[i] ?? 0)));
  };
  const erf = (x: number): number => {
    let [term, total] = [x, x];
    if (Math.abs(x) > 5) return Math.sign(x);
    for (let n = 1; n < 200; n++) {
      term *= -(x * x) / n;
      total += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * total;
  };
  const activation = (x: number): number => {
    if (traits.activation === 'silu') return f(x / f(1 + f(Math.exp(-x))));
    const inner =
      traits.activation === 'gelu' ? erf(x / Math.SQRT2) : Math.tanh(f(Math.sqrt(2 / Math.PI) * f(x + f(0.044715 * f(x ** 3)))));
    return f(f(0.5 * x) * f(1 + f(inner)));
  };
  const rotated = (x: Vector, position: number): number[] => {
    if (rotary === null) return [...x];
    const half = rotary.dims / 2;
    return x.map((own, at) => {
      const d = at % dim;
      if (d >= rotary.dims) return own;
      const frequency = f(1 / f(rotary.base ** f((2 * (d % half)) / rotary.dims)));
      const angle = f(position * frequency);
      const other = d < half ? -(x[at + half] as number) : (x[at - half] as number);
      return f(f(own * f(Math.cos(angle))) + f(other * f(Math.sin(angle))));
    });
  };
  const attention = (rows: readonly Vector[], get: (role: LayerRole) => Float64Array | undefined): number[][] => {
    const project = (role: 'query' | 'key' | 'value') => rows.map((x) => linear(get(role), get(`${role}Bias`), x));
    const behindNorm = (x: Vector, gain: Float64Array | undefined): Vector => {
      if (gain === undefined) return x;
      const size = gain.length;
      return Array.from({ length: x.length / size }, (_, i) => normed(x.slice(i * size, (i + 1) * size), gain, undefined)).flat();
    };
    const queries = project('query').map((x, at) => rotated(behindNorm(x, get('queriesNormGain') ?? get('queryNormGain')), at));
    const keys = project('key').map((x, at) => rotated(behindNorm(x, get('keysNormGain') ?? get('keyNormGain')), at));
    const values = project('value');
    const output = turned(get('output') as Float64Array);
    return rows.map((_, at) => {
      const mixed: number[] = [];
      for (let head = 0; head < heads; head++) {
        const kv = Math.floor((head * kvHeads) / heads) * dim;
        const query = (queries[at] as Vector).slice(head * dim, (head + 1) * dim);
        const scores = keys.map((key, place) => {
          const score = f(dot(query, key.slice(kv, kv + dim)) * f(dim ** -0.5));
          return traits.attention === 'causal' && place > at ? f(score + -3.4028234663852886e38) : score;
        });
        const most = scores.some(Number.isNaN) ? Number.NaN : Math.max(...scores);
        const powers = scores.map((score) => f(Math.exp(f(score - most))));
        const total = sum(powers);
        for (let d = 0; d < dim; d++)
          mixed.push(sum(powers.map((power, place) => f(f(power / total) * (values[place]?.[kv + d] as number)))));
      }
      return linear(output, get('outputBias'), mixed);
    });
  };
  const mlp = (rows: readonly Vector[], get: (role: LayerRole) => Float64Array | undefined): number[][] => {
    const down = turned(get('down') as Float64Array);
    return rows.map((x) => {
      const up = linear(get('up'), get('upBias'), x);
      const hidden =
        traits.mlp === 'gated'
          ? linear(get('gate'), get('gateBias'), x).map((g, n) => f(activation(g) * (up[n] as number)))
          : up.map(activation);
      return linear(down, get('downBias'), hidden);
    });
  };
  const model = {
    tokens: once('tokenEmbedding') as Float64Array,
    positions: once('positionEmbedding'),
    types: once('typeEmbedding'),
    unembedding: config.tied ? once('tokenEmbedding') : once('unembedding'),
  };
  const outputBias = once('unembeddingBias');
  const normBy = (rows: readonly Vector[], gain: Float64Array | undefined, bias: Float64Array | undefined): Vector[] =>
    gain === undefined ? [...rows] : rows.map((x) => normed(x, gain, bias));
  const factor = traits.scaledEmbedding ? f(Math.sqrt(width)) : 1;
  return (ids) => {
    let stream: Vector[] = ids.map((id, position) => {
      const token = rowOf(model.tokens, id, width).map((x) => f(x * factor));
      const typed = model.types === undefined ? token : add(token, rowOf(model.types, 0, width));
      return model.positions === undefined ? typed : add(typed, rowOf(model.positions, position, width));
    });
    stream = normBy(stream, once('embeddingNormGain'), once('embeddingNormBias'));
    for (const get of layers) {
      const norm = (rows: readonly Vector[], name: 'attentionNorm' | 'mlpNorm') => normBy(rows, get(`${name}Gain`), get(`${name}Bias`));
      const written = (rows: readonly Vector[], more: readonly Vector[]) => rows.map((row, at) => add(row, more[at] as Vector));
      if (traits.normPlace === 'post') {
        stream = norm(written(stream, attention(stream, get)), 'attentionNorm');
        stream = norm(written(stream, mlp(stream, get)), 'mlpNorm');
      } else {
        const attended = normBy(attention(norm(stream, 'attentionNorm'), get), get('attentionWriteGain'), undefined);
        const between = written(stream, attended);
        const passed = mlp(norm(traits.residual === 'parallel' ? stream : between, 'mlpNorm'), get);
        stream = written(between, normBy(passed, get('mlpWriteGain'), undefined));
      }
    }
    stream = normBy(stream, once('finalNormGain'), once('finalNormBias'));
    return Float32Array.from(stream.flatMap((x) => linear(model.unembedding, outputBias, x)));
  };
}
