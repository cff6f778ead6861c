/** What a compiled circuit computes on inputs, number by number: what its host is to compute among all else. */
import { attentionOf, type ModelConfig } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Weights } from '../../weights/weights.ts';
import { activated, attended, emptyRows, normed, type Rows, read, rowOf, turnedRows, written } from './rows.ts';

/** Ids of each input, BOS in front. */
export type Batch = readonly Int32Array[];

export interface LayerRun {
  readonly queries: Rows;
  readonly keys: Rows;
  readonly values: Rows;
  /** Before the activation; in a gated MLP that has the gate. */
  readonly up: Rows;
  readonly gate: Rows | null;
  /** The stream behind each sublayer. */
  readonly afterAttention: Rows;
  readonly afterMlp: Rows;
}

export interface CircuitRun {
  readonly embedded: Rows;
  readonly layers: readonly LayerRun[];
  readonly logits: Rows;
}

type Norms = Readonly<Partial<Record<string, Tensor>>>;

/** Of what enters a reader of the stream. */
export function through(stream: Rows, config: ModelConfig, roles: Norms, name: 'attentionNorm' | 'mlpNorm' | 'finalNorm'): Rows {
  return normed(stream, config, (roles[`${name}Gain`] as Tensor).data, roles[`${name}Bias`]?.data);
}

/** What the MLP reads of the stream before and after attention of its layer. */
export function mlpReads(
  { traits }: Pick<ModelConfig, 'traits'>,
  { before, after }: { readonly before: Rows; readonly after: Rows },
): Rows {
  return traits.residual === 'parallel' ? before : after;
}

/** Tokens and positions as they are embedded, one row for each position of each input. */
export function embedded({ model, sizes }: Weights, batch: Batch, skipped: number): Rows {
  const { width } = sizes;
  const result = emptyRows(rowsOf(batch), width);
  let row = 0;
  for (const ids of batch)
    for (const [position, id] of ids.entries()) {
      const into = rowOf(result, row++);
      for (let i = 0; i < width; i++)
        into[i] =
          numberAt((model.tokenEmbedding as Tensor).data, id * width + i) +
          (model.positionEmbedding === undefined ? 0 : numberAt(model.positionEmbedding.data, (skipped + position) * width + i));
    }
  return result;
}

/** What heads mix and what neurons hold, from some row on without those that are left out there. */
export function leftOut(numbers: Rows, left: readonly number[], size: number, from: number): Rows {
  for (let row = from; row < numbers.count; row++)
    for (const number of left) rowOf(numbers, row).fill(0, number * size, (number + 1) * size);
  return numbers;
}

/** Inputs of which those behind the first `whole` are run without some of the circuit's parts. */
export interface Runs {
  readonly batch: Batch;
  readonly whole: number;
  /** By layer. */
  readonly loose: { readonly heads: readonly (readonly number[])[]; readonly neurons: readonly (readonly number[])[] };
}

export function rowsOf(batch: Batch): number {
  return batch.reduce((sum, ids) => sum + ids.length, 0);
}

export function runCircuit(weights: Weights, config: ModelConfig, { batch, whole, loose }: Runs, skipped: number): CircuitRun {
  const { dim } = config.sizes;
  const from = rowsOf(batch.slice(0, whole));
  const lengths = batch.map((ids) => ids.length);
  const first = embedded(weights, batch, skipped);
  let stream = first;
  const layers = weights.layers.map((own, layer): LayerRun => {
    const { rotary } = attentionOf(config, layer);
    const before = through(stream, config, own, 'attentionNorm');
    const [queries, keys, values] = (['query', 'key', 'value'] as const).map((role) =>
      read(before, own[role] as Tensor, own[`${role}Bias`]),
    );
    const [q, k, v] = [queries as Rows, keys as Rows, values as Rows];
    const turned = (rows: Rows) => turnedRows(rows, lengths, dim, rotary);
    const all = attended(turned(q), turned(k), v, lengths, dim, config.numbers.scores);
    const mixed = leftOut(all, loose.heads[layer] ?? [], dim, from);
    const afterAttention = written(stream, mixed, own.output as Tensor, own.outputBias);
    const intoMlp = through(mlpReads(config, { before: stream, after: afterAttention }), config, own, 'mlpNorm');
    const up = read(intoMlp, own.up as Tensor, own.upBias);
    const gate = own.gate === undefined ? null : read(intoMlp, own.gate, own.gateBias);
    const active = leftOut(activated(up, gate, config), loose.neurons[layer] ?? [], 1, from);
    stream = written(afterAttention, active, own.down as Tensor, own.downBias);
    return { queries: q, keys: k, values: v, up, gate, afterAttention, afterMlp: stream };
  });
  const logits = read(through(stream, config, weights.model, 'finalNorm'), weights.model.unembedding as Tensor, undefined);
  return { embedded: first, layers, logits };
}
