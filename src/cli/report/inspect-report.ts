/** What `inspect` found, as text and as JSON. */

import type { readModelConfig } from '../../checkpoint/config/read-config.ts';
import type { CircuitMap, Place } from '../../checkpoint/map/circuit-map.ts';
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import type { TensorFacts, TensorValues } from '../../checkpoint/safetensors/measure-tensor.ts';
import { withCommas } from '../../source/with-commas.ts';
import type { Session } from '../session/session.ts';
import { type Json, valueJson } from '../terminal/json.ts';
import { textTable } from '../terminal/text/text-table.ts';

export interface Inspection {
  readonly path: string;
  /** The class that config.json names, known or not. */
  readonly architecture: string | null;
  /** Null without a config.json that raspc understands. */
  readonly config: ReturnType<typeof readModelConfig> | null;
  /** What keeps raspc from running the model, or null. */
  readonly problem: string | null;
  /** Of a compiled model. */
  readonly map: CircuitMap | null;
  /** Of a seeded model. */
  readonly seeds: SeedMap | null;
  readonly files: readonly string[];
  readonly bytes: number;
  readonly tensors: readonly TensorFacts[];
}

/** What the circuits of a map take up of the model; a dimension that several variables use in turn counts once. */
function occupied({ variables, heads, neurons, clears = [] }: CircuitMap) {
  return {
    dimensions: new Set(variables.flatMap(({ dims }) => dims)).size,
    heads: heads.length === 0 ? 0 : new Set(heads.map(({ layer, head }) => `${layer}.${head}`)).size,
    neurons: [...neurons, ...clears].reduce((sum, { from, to }) => sum + to - from, 0),
  };
}

/** The sum over all tensors, null where some tensor's numbers are not known. */
function total(tensors: readonly TensorFacts[], of: (values: TensorValues) => number): number | null {
  return tensors.reduce<number | null>((sum, { values }) => (sum === null || values === null ? null : sum + of(values)), 0);
}

function parametersOf(tensors: readonly TensorFacts[]): number {
  return tensors.reduce((sum, { parameters }) => sum + parameters, 0);
}

export function inspectionJson({ path, architecture, config, problem, map, seeds, files, bytes, tensors }: Inspection): Json {
  return {
    dir: path,
    architecture,
    problem,
    ...(config === null ? {} : sizesJson(config)),
    files,
    bytes,
    parameters: parametersOf(tensors),
    nonzero: total(tensors, ({ nonzero }) => nonzero),
    nonfinite: total(tensors, ({ nonfinite }) => nonfinite),
    program: map === null ? null : { file: map.program.file, sha256: map.program.sha256 },
    ...(map === null ? {} : mapJson(map)),
    ...(seeds === null ? {} : seedsJson(seeds)),
    tensors: tensors.map(({ values, ...tensor }) => ({ ...tensor, ...(values ?? UNKNOWN) })),
  };
}

const UNKNOWN = { nonzero: null, nonfinite: null, norm: null, largest: null };

function sizesJson({ sizes }: Pick<NonNullable<Inspection['config']>, 'sizes'>) {
  const { layers, heads, width, dim, hidden } = sizes;
  return { layers, headsPerLayer: heads, width, dim, hidden };
}

function mapJson(map: CircuitMap): { readonly [key: string]: Json } {
  return {
    context: map.context,
    causal: map.causal,
    vocabulary: map.vocabulary.length,
    outputs: map.outputs.map(({ name, type, kind }) => ({ name, type, kind })),
    occupied: occupied(map),
    heads: map.heads.map((head) => ({ ...head })),
    neurons: map.neurons.map((group) => ({ ...group })),
    variables: map.variables.map(({ name, span, encoding, values, dims, written, lastRead }) => ({
      name,
      span,
      encoding,
      values: values.map(valueJson),
      dims,
      written: { ...written },
      lastRead: { ...lastRead },
    })),
  };
}

function seedsJson({ programs, context, causal, bos, circuits, heads, variables, features }: SeedMap): { readonly [key: string]: Json } {
  return {
    programs: programs.map(({ file, sha256 }) => ({ file, sha256 })),
    context,
    causal,
    bos: bos?.id ?? null,
    circuits: circuits.map(({ name, kind, span, heads: own, dims, promise }) => ({
      name,
      kind,
      span,
      heads: own,
      dims,
      promise: promise === null ? null : promise.accuracy,
    })),
    heads: heads.map((head) => ({ ...head })),
    variables: variables.map((variable) => ({ ...variable })),
    features: features.map(({ name, type, kind, after, dims }) => ({ name, type, kind, after, dims })),
  };
}

export function printInspection(session: Session, inspection: Inspection): void {
  const { path, config, problem, map, seeds, tensors } = inspection;
  const { theme } = session;
  const section = (title: string, rows: readonly (readonly string[])[]): void => {
    session.print(`\n${theme.strong(title)}`);
    for (const line of textTable(rows)) session.print(`  ${line}`);
  };
  session.print(theme.strong(path));
  for (const line of summary(inspection)) session.print(`  ${line}`);
  if (map !== null) {
    section(
      'Outputs',
      map.outputs.map((output) => [output.name, output.type, readingOf(output)]),
    );
    section('Circuits', circuitRows(map));
    if (config !== null) session.print(`\n  ${occupancy(map, config)}`);
  }
  if (seeds !== null) section('Circuits', seedRows(seeds));
  section('Tensors', tensorRows(tensors, new Set(inspection.files).size > 1));
  if (problem !== null) session.remark(`note: raspc cannot run this model: ${problem}`);
}

function summary({ architecture, config, map, seeds, files, bytes, tensors }: Inspection): string[] {
  const lines: string[] = [];
  if (config !== null) {
    const { layers, heads, width, dim, hidden } = config.sizes;
    lines.push(
      `${config.target.architecture}: ${count(layers, 'layer')} of ${count(heads, 'head')} (${dim} dimensions each), width ${width}, hidden ${hidden}`,
    );
  } else if (architecture !== null) lines.push(architecture);
  const nonzero = total(tensors, (values) => values.nonzero);
  const nonfinite = total(tensors, (values) => values.nonfinite);
  const known = nonzero === null ? '' : `, ${withCommas(nonzero)} not zero`;
  const broken = nonfinite === null || nonfinite === 0 ? '' : `, ${withCommas(nonfinite)} not finite`;
  lines.push(`${withCommas(parametersOf(tensors))} parameters${known}${broken}`);
  if (files.length > 1) lines.push(`${withCommas(bytes)} bytes in ${files.length} files`);
  if (map !== null) {
    lines.push(
      `compiled from ${map.program.file}, ${map.causal ? 'causal' : 'bidirectional'}, context ${map.context}, vocabulary ${map.vocabulary.length}`,
    );
  }
  if (seeds !== null) {
    const first = seeds.bos === null ? 'no token has to stand first' : `token ${seeds.bos.id} has to stand first`;
    lines.push(`seeded with ${seeds.programs.map(({ file }) => file).join(', ')}, context ${seeds.context}, ${first}`);
  }
  return lines;
}

/** Heads, and what is reserved of the stream, in the order in which the model computes them; then what is left in it for the model. */
function seedRows({ heads, variables, features, says = [], circuits }: SeedMap): string[][] {
  const spans = new Map(circuits.map(({ name, span }) => [name, span]));
  const rows = [
    ...heads.map(({ layer, head, name, span }) => ({ at: 2 * layer, cells: [`layer ${layer}`, `head ${head}`, name, span] })),
    ...variables.map(({ name, encoding, dims, written }) => ({
      at: 2 * written + 1,
      cells: [written < 0 ? 'embedding' : `layer ${written}`, `${encoding} in ${inDimensions(dims)}`, name, ''],
    })),
    ...features.map(({ name, type, after, dims }) => ({
      at: 2 * after,
      cells: [`after layer ${after}`, `feature (${type}) in ${inDimensions(dims)}`, name, spans.get(name) ?? ''],
    })),
    ...says.map(({ name, dims, strength }) => ({
      at: Number.POSITIVE_INFINITY,
      cells: ['output', `${strength > 0 ? '+' : ''}${strength.toFixed(2)} nats by ${inDimensions(dims)}`, name, spans.get(name) ?? ''],
    })),
  ];
  return rows.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at)).map(({ cells }) => cells);
}

function inDimensions(dims: readonly number[]): string {
  return `${dims.length === 1 ? 'dimension' : 'dimensions'} ${ranges(dims)}`;
}

function tensorRows(tensors: readonly TensorFacts[], manyFiles: boolean): string[][] {
  const rows = tensors.map(({ name, dtype, shape, parameters, values, file }) => [
    name,
    dtype,
    shape.length === 0 ? '1 number' : shape.join(' × '),
    ...(values === null
      ? ['', '', '', '', '']
      : [
          withCommas(values.nonzero),
          `${((100 * values.nonzero) / Math.max(1, parameters)).toFixed(1)}%`,
          values.norm.toPrecision(4),
          values.largest.toPrecision(4),
          values.nonfinite === 0 ? '' : `${withCommas(values.nonfinite)} not finite`,
        ]),
    ...(manyFiles ? [file] : []),
  ]);
  const measured = tensors.some(({ values }) => values !== null);
  return [
    ['name', 'dtype', 'shape', ...(measured ? ['not zero', '', 'norm', 'largest'] : ['', '', '', '']), '', ...(manyFiles ? ['file'] : [])],
    ...rows,
  ];
}

function readingOf(output: CircuitMap['outputs'][number]): string {
  return output.kind === 'categorical' ? `one of ${count(output.logits.length, 'value')}` : `a number, logit ${output.logit}`;
}

/** Heads, neurons and variables, in the order in which the model computes them. */
function circuitRows(map: CircuitMap): string[][] {
  const order = { embedding: 0, attention: 1, mlp: 2, output: 3 } as const;
  const rows: { readonly at: number; readonly cells: string[] }[] = [];
  const add = (place: Place, what: string, name: string, span: string) =>
    rows.push({
      at: place.sublayer === 'embedding' ? -1 : place.layer * 4 + order[place.sublayer],
      cells: [place.sublayer === 'embedding' ? 'embedding' : `layer ${place.layer}`, what, name, span],
    });
  for (const { layer, head, name, span } of map.heads) add({ layer, sublayer: 'attention' }, `head ${head}`, name, span);
  for (const { layer, from, to, name, span } of map.neurons) add({ layer, sublayer: 'mlp' }, `neurons ${from} to ${to - 1}`, name, span);
  for (const { layer, from, to, variable } of map.clears ?? []) {
    add({ layer, sublayer: 'mlp' }, `neurons ${from} to ${to - 1} clear`, map.variables[variable]?.name ?? '', '');
  }
  for (const { name, span, dims, encoding, written } of map.variables) add(written, `${encoding} in ${inDimensions(dims)}`, name, span);
  return rows.sort((a, b) => a.at - b.at).map(({ cells }) => cells);
}

/** `[1, 2, 3, 7]` as `1 to 3, 7`. */
function ranges(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const value of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && value === last[1] + 1) last[1] = value;
    else runs.push([value, value]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from} to ${to}`)).join(', ');
}

function occupancy(map: CircuitMap, { sizes }: Pick<NonNullable<Inspection['config']>, 'sizes'>): string {
  const { dimensions, heads, neurons } = occupied(map);
  const { layers, width } = sizes;
  return `They occupy ${dimensions} of ${width} dimensions, ${heads} of ${count(layers * sizes.heads, 'head')} and ${withCommas(neurons)} of ${count(layers * sizes.hidden, 'neuron')}.`;
}

function count(many: number, noun: string): string {
  return `${withCommas(many)} ${noun}${many === 1 ? '' : 's'}`;
}
