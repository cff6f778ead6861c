/**
 * Stored weights of a seeded model as far as circuits reach: what heads read of the reserved dimensions and write into them, the norms' gains and
 * embeddings there, and whether anybody else writes there. The map says where to look, and nothing else of it is believed.
 */
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { type OpenCheckpoint, readRoles } from '../../checkpoint/unpack-checkpoint.ts';
import { attentionOf, type ModelConfig, plainNumbers, scoreDivisor } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import { Unproven } from '../claim/unproven.ts';
import { type Reading, support } from './seed-algebra.ts';

/** Rows that add up to more than this part of their sizes would hear the mean that a norm takes off. */
const UNBALANCED = 2 ** -20;

/** A query head, the gain of its norm in what it reads. */
export interface HeadParts {
  readonly query: Reading;
  readonly key: Reading;
  readonly value: Reading;
  /** What each entry of a value writes. */
  readonly output: Reading;
}

export class SeedParts {
  readonly config: ModelConfig;
  /** Reserved dimensions, and where each is among them. */
  readonly dims: readonly number[];
  readonly tokens: number;
  /** `[token, reserved]`. */
  readonly embedding: Float64Array;
  /** `[position, reserved]`; null without a table. */
  readonly positions: Float64Array | null;
  readonly #layers: readonly Partial<Record<LayerRole, FloatArray>>[];
  readonly #programmed: ReadonlySet<string>;

  constructor(map: SeedMap, checkpoint: OpenCheckpoint) {
    const { config } = checkpoint;
    assertFollowed(config);
    this.config = config;
    this.dims = [...new Set(map.variables.flatMap(({ dims }) => dims))].sort((a, b) => a - b);
    this.#programmed = new Set(map.heads.map(({ layer, head }) => `${layer}.${head}`));
    const last = Math.max(...map.heads.map(({ layer }) => layer));
    const layers = Array.from({ length: last + 1 }, (): Partial<Record<LayerRole, FloatArray>> => ({}));
    let embedding: Float64Array | null = null;
    let positions: Float64Array | null = null;
    for (const tensor of checkpoint.tensors) {
      const { layer } = tensor;
      if (layer !== null && layer > last) continue;
      if (layer === null && !tensor.spec.holds.some((role) => (TABLES as readonly string[]).includes(role))) continue;
      for (const { role, data } of readRoles(checkpoint, tensor)) {
        if (role === 'tokenEmbedding') embedding = this.#columns(data);
        else if (role === 'positionEmbedding') positions = this.#columns(data);
        else if (layer !== null) (layers[layer] as Partial<Record<ModelRole | LayerRole, FloatArray>>)[role] = data.slice();
      }
    }
    if (embedding === null) throw new Unproven('it has no embedding');
    this.embedding = embedding;
    this.tokens = embedding.length / this.dims.length;
    const { positions: kind } = config.traits;
    this.positions = positions === null ? null : positions.slice((kind.kind === 'learned' ? kind.skipped : 0) * this.dims.length);
    this.#layers = layers;
  }

  #columns(data: FloatArray): Float64Array {
    const { width } = this.config.sizes;
    const count = this.dims.length;
    const rows = data.length / width;
    const found = new Float64Array(rows * count);
    for (let row = 0; row < rows; row++)
      for (const [d, dim] of this.dims.entries()) found[row * count + d] = numberAt(data, row * width + dim);
    return found;
  }

  head(layer: number, head: number): HeadParts {
    const { heads, kvHeads, dim } = this.config.sizes;
    const kvHead = Math.floor(head / (heads / kvHeads));
    const roles = this.#layers[layer] ?? {};
    return {
      query: this.#reading(roles, 'query', head * dim, 'queryBias'),
      key: this.#reading(roles, 'key', kvHead * dim, 'keyBias'),
      value: this.#reading(roles, 'value', kvHead * dim, 'valueBias'),
      output: this.#writing(roles, head * dim),
    };
  }

  #reading(roles: Partial<Record<LayerRole, FloatArray>>, role: 'query' | 'key' | 'value', from: number, bias: LayerRole): Reading {
    const { width, dim } = this.config.sizes;
    const weights = roles[role] as FloatArray;
    const gain = roles.attentionNormGain;
    const [offsets, biases] = [roles.attentionNormBias, roles[bias]];
    const where = new Map(this.dims.map((d, at) => [d, at]));
    const values = new Float64Array(dim * this.dims.length);
    for (let row = 0; row < dim; row++) {
      let [sum, size] = [0, 0];
      for (let d = 0; d < width; d++) {
        const weight = numberAt(weights, (from + row) * width + d);
        if (weight === 0) continue;
        const at = where.get(d);
        if (at === undefined) throw new Unproven(`its ${role} reads dimension ${d}, which is not the circuits'`);
        if (offsets !== undefined && offsets[d] !== 0) throw new Unproven(`the norm before it adds to dimension ${d}`);
        const read = weight * (gain === undefined ? 1 : numberAt(gain, d));
        values[row * this.dims.length + at] = read;
        sum += read;
        size += Math.abs(read);
      }
      if (biases !== undefined && biases[from + row] !== 0) throw new Unproven(`its ${role} has a bias`);
      if (this.config.traits.norm === 'layer-norm' && Math.abs(sum) > UNBALANCED * size)
        throw new Unproven(`its ${role} hears the mean that the norm takes off`);
    }
    return { rows: dim, values };
  }

  /** Which reserved dimensions a head writes into. */
  writtenBy(layer: number, head: number): number[] {
    return support(this.#writing(this.#layers[layer] ?? {}, head * this.config.sizes.dim), this.dims.length);
  }

  #writing(roles: Partial<Record<LayerRole, FloatArray>>, from: number): Reading {
    const { width, dim } = this.config.sizes;
    const weights = roles.output as FloatArray;
    const values = new Float64Array(dim * this.dims.length);
    for (let row = 0; row < dim; row++)
      for (const [at, d] of this.dims.entries()) values[row * this.dims.length + at] = numberAt(weights, (from + row) * width + d);
    return { rows: dim, values };
  }

  /** That before `layer` nothing but programmed heads writes into these of the reserved dimensions. */
  assertUntouched(layer: number, reserved: readonly number[]): void {
    const { width, heads, dim } = this.config.sizes;
    for (let at = 0; at < layer; at++) {
      const roles = this.#layers[at] ?? {};
      const touched = (values: FloatArray | undefined, from: number, rows: number, what: string): void => {
        if (values === undefined) return;
        for (let row = from; row < from + rows; row++)
          for (const d of reserved)
            if (values[row * width + numberAt(this.dims, d)] !== 0)
              throw new Unproven(`${what} of layer ${at} writes into dimension ${this.dims[d]}`);
      };
      for (let head = 0; head < heads; head++)
        if (!this.#programmed.has(`${at}.${head}`)) touched(roles.output, head * dim, dim, `head ${head}`);
      touched(roles.outputBias, 0, 1, 'what attention adds');
      touched(roles.downBias, 0, 1, 'what neurons add');
      touched(roles.down, 0, (roles.down as FloatArray).length / width, 'a neuron');
    }
  }
}

const TABLES: readonly ModelRole[] = ['tokenEmbedding', 'positionEmbedding'];

function assertFollowed(config: ModelConfig): void {
  const { numbers, traits, sizes } = config;
  const plain = plainNumbers(traits, sizes);
  if (numbers.embedding !== plain.embedding || numbers.writes !== plain.writes || numbers.scoreCap !== null)
    throw new Unproven('the family multiplies embeddings or writes by numbers of its own');
  if (traits.headNorms !== 'none') throw new Unproven('queries and keys have norms');
  if (traits.normPlace !== 'pre' || traits.writeNorms) throw new Unproven('what heads write goes through norms');
  if (traits.attention !== 'causal') throw new Unproven('heads see what comes later');
  if (config.layerAttention.some(({ window }) => window !== null)) throw new Unproven('some heads see the last positions alone');
}

/** Radians a position of each pair of a head's dimensions, and what scores are multiplied by there. */
export function turningOf(config: ModelConfig, layer: number): { readonly pairs: readonly number[]; readonly factor: number } {
  const { rotary } = attentionOf(config, layer);
  if (rotary === null) return { pairs: [], factor: 1 };
  const pairs = Array.from(
    { length: rotary.dims / 2 },
    (_, p) => rotary.scaling?.frequencies[p] ?? rotary.base ** ((-2 * p) / rotary.dims),
  );
  return { pairs, factor: (rotary.scaling?.factor ?? 1) ** 2 };
}

export function divisorOf(config: ModelConfig): number {
  return scoreDivisor(config);
}
