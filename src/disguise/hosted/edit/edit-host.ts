import { attentionOf, type ModelConfig } from '../../../targets/model-config.ts';
import { numberAt } from '../../../tensor/number-at.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { Weights } from '../../../weights/weights.ts';
import { dot } from '../../turn/draw-numbers.ts';
import { leastChange } from '../least-change.ts';
import type { Places } from '../places.ts';
import { activated, attended, emptyRows, type Rows, read, rowOf, turnedRows, written } from '../rows.ts';
import { embedded, leftOut, mlpReads, rowsOf, through } from '../run-circuit.ts';
import type { Edit } from './edit.ts';
import { addCodes, codeRow, setCodes, withCodes } from './embed-codes.ts';
import { BIAS, column, lineOf, type Mutable, makeRoom, Reading, squared, withBias } from './reading.ts';
import { writeHead } from './write-head.ts';

export function editedHost(host: Weights, config: ModelConfig, edit: Edit): Weights {
  const { places, batch, run, circuitConfig, random, loose } = edit;
  const from = rowsOf(batch.slice(0, edit.whole));
  const lengths = batch.map((ids) => ids.length);
  const copy = (roles: Readonly<Partial<Record<string, Tensor>>>): Mutable =>
    Object.fromEntries(
      Object.entries(roles).map(([role, tensor]) => [role, { shape: tensor?.shape ?? [], data: (tensor as Tensor).data.slice() }]),
    );
  const own = {
    sizes: host.sizes,
    model: copy(withCodes(host, { ...edit, isCentred: config.traits.norm === 'layer-norm' }).model),
    layers: host.layers.map(copy),
  };
  const whole = own as unknown as Weights;
  let stream = embedded(whole, batch, edit.skipped);
  let codes = codesOf(run.embedded, edit);
  for (const [layer, roles] of own.layers.entries()) {
    const at = places.layers.indexOf(layer);
    const its = at < 0 ? null : run.layers[at];
    const read1 = through(stream, config, roles, 'attentionNorm');
    const heads = places.heads[at] ?? [];
    if (its != null && heads.length > 0) {
      const change = new Reading(read1, roles.queryBias !== undefined);
      for (const [head, index] of heads.entries()) writeHead({ edit, roles, change, its, index, head, config, at, random });
    }
    const [queries, keys, values] = (['query', 'key', 'value'] as const).map((role) =>
      read(read1, roles[role] as Tensor, roles[`${role}Bias`]),
    ) as [Rows, Rows, Rows];
    const { rotary } = attentionOf(config, layer);
    const turned = (rows: Rows) => turnedRows(rows, lengths, config.sizes.dim, rotary);
    const all = attended(turned(queries), turned(keys), values, lengths, config.sizes.dim, config.numbers.scores);
    const mixed = leftOut(all, placed(heads, loose.heads[at]), config.sizes.dim, from);
    codes = its == null ? codes : codesOf(its.afterAttention, edit);
    holdCodes(stream, mixed, roles, 'output', codes, places);
    const after = written(stream, mixed, roles.output as Tensor, roles.outputBias);
    const read2 = through(mlpReads(config, { before: stream, after }), config, roles, 'mlpNorm');
    stream = after;
    const neurons = places.neurons[at] ?? [];
    if (its != null && neurons.length > 0) {
      const change = new Reading(read2, roles.upBias !== undefined);
      const { circuit } = edit;
      for (const [neuron, index] of neurons.entries()) {
        for (const [role, wanted] of [
          ['gate', its.gate],
          ['up', its.up],
        ] as const) {
          if (wanted === null) continue;
          const told = change.saying(column(wanted, [index]));
          const before = squared(roles[role] as Tensor, [neuron], host.sizes.width);
          change.silence(roles, role, [neuron]);
          makeRoom(roles, role, [neuron], host.sizes.width, before, dot(told.data, told.data));
          change.add(roles, role, [neuron], told, 1);
        }
        const row = lineOf(roles.down as Tensor, neuron, host.sizes.width);
        setCodes(row, codeRow(lineOf(circuit.layers[at]?.down as Tensor, index, circuitConfig.sizes.width), edit, 1), places);
      }
    }
    const gate = roles.gate === undefined ? null : read(read2, roles.gate, roles.gateBias);
    const pushed = activated(read(read2, roles.up as Tensor, roles.upBias), gate, config);
    const active = leftOut(pushed, placed(neurons, loose.neurons[at]), 1, from);
    codes = its == null ? codes : codesOf(its.afterMlp, edit);
    holdCodes(stream, active, roles, 'down', codes, places);
    stream = written(stream, active, roles.down as Tensor, roles.downBias);
  }
  sayOutputs(own.model, through(stream, config, own.model, 'finalNorm'), edit, host.sizes.width);
  return whole;
}

/** Where in the host those of a circuit's heads or neurons stand that are left out. */
function placed(all: readonly number[], left: readonly number[] = []): number[] {
  return left.flatMap((number) => (all.includes(number) ? [all.indexOf(number)] : []));
}

/** Codes need not be held to the last digit, which faint heads and neurons would have to be turned up for. */
const HELD = 1e-4;

/** Changes what a sublayer writes so that the stream holds these codes behind it. */
function holdCodes(stream: Rows, numbers: Rows, roles: Mutable, role: 'output' | 'down', codes: Rows, places: Places): void {
  const bias = roles[`${role}Bias`];
  const after = written(stream, numbers, roles[role] as Tensor, bias);
  const residual = emptyRows(codes.count, codes.width);
  for (let row = 0; row < codes.count; row++)
    for (const [i, direction] of places.basis.entries())
      rowOf(residual, row)[i] = numberAt(codes.data, row * codes.width + i) - dot(direction, rowOf(after, row));
  const change = leastChange(bias === undefined ? numbers : withBias(numbers), HELD)(residual);
  for (let line = 0; line < numbers.width + (bias === undefined ? 0 : 1); line++) {
    const into = line === numbers.width ? (bias as Tensor).data : lineOf(roles[role] as Tensor, line, stream.width);
    addCodes(
      into,
      rowOf(change, line).map((x) => (line === numbers.width ? BIAS * x : x)),
      places,
    );
  }
}

/** Rows of the unembedding, as long as they were, that say on these inputs what the circuit's say, beside what is the same for all outputs. */
function sayOutputs(model: Mutable, rows: Rows, { map, run, batch }: Edit, width: number): void {
  // BOS says nothing
  const firsts = new Set<number>();
  let first = 0;
  for (const ids of batch) {
    firsts.add(first);
    first += ids.length;
  }
  const kept = Array.from({ length: rows.count }, (_, row) => row).filter((row) => !firsts.has(row));
  const pick = (all: Rows): Rows => ({
    count: kept.length,
    width: all.width,
    data: Float64Array.from(kept.flatMap((row) => [...rowOf(all, row)])),
  });
  const change = new Reading(pick(rows), false);
  const logits = pick(run.logits);
  for (const output of map.outputs) {
    if (output.kind !== 'categorical') continue;
    const ids = output.logits.map(({ id }) => id);
    const wanted = column(logits, ids);
    for (let row = 0; row < wanted.count; row++) {
      const own = rowOf(wanted, row);
      const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
      for (let i = 0; i < own.length; i++) own[i] = numberAt(own, i) - mean;
    }
    const before = ids.map((id) => squared(model.unembedding as Tensor, [id], width));
    const told = change.saying(wanted);
    change.silence(model, 'unembedding', ids);
    // the largest stays the largest where all are as loud
    const own = ids.map((_, i) => dot(column(told, [i]).data, column(told, [i]).data));
    const factor = Math.sqrt(Math.min(...own.map((x, i) => (x > 0 ? (TOLD * numberAt(before, i)) / x : Number.POSITIVE_INFINITY))));
    for (const [i, id] of ids.entries()) makeRoom(model, 'unembedding', [id], width, numberAt(before, i), factor ** 2 * numberAt(own, i));
    change.add(model, 'unembedding', ids, told, factor);
  }
}

/** Of the square of a row of the unembedding, what the circuit may have. */
const TOLD = 0.6;

/** What the compiled stream holds in its dimensions, as it stands in the host. */
function codesOf(stream: Rows, edit: Pick<Edit, 'places' | 'scales'>): Rows {
  const result = emptyRows(stream.count, edit.places.dims.length);
  for (let row = 0; row < stream.count; row++) rowOf(result, row).set(codeRow(rowOf(stream, row), edit, 1));
  return result;
}
