/** `raspc inspect DIR`: what a checkpoint is, which circuits it holds and where, and its tensors. Any stock model, or one file of tensors. */
import { basename, dirname } from 'node:path';
import type { CircuitMap, Place } from '../../checkpoint/circuit-map.ts';
import { MAP_FILE } from '../../checkpoint/circuit-map.ts';
import { readCircuitMap } from '../../checkpoint/read-circuit-map.ts';
import { CONFIG_FILE, readModelConfig } from '../../checkpoint/read-config.ts';
import { type LocatedTensor, openTensorFile, openTensors, type TensorStore } from '../../checkpoint/tensor-store.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { decode, type ReadableDtype } from '../../tensor/dtype.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { type Json, valueJson } from '../json.ts';
import { type OpenFolder, openFolder } from '../model-folder.ts';
import type { Session } from '../session.ts';
import { textTable } from '../text-table.ts';

/** A tensor's size and, where its numbers can be read, what they are like. */
interface TensorFacts {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly parameters: number;
  readonly nonzero: number | null;
  /** The square root of the sum of squares. */
  readonly norm: number | null;
  readonly file: string;
}

export const inspect: CommandDefinition = {
  example: 'raspc inspect out/hist',
  configure: (command) => command.argument('<dir>', 'a model folder, or one .safetensors file'),
  async run(session, [path = '']) {
    const isFile = path.endsWith('.safetensors');
    const folder = openFolder(isFile ? dirname(path) : path, session.io.directory);
    try {
      const store = isFile ? openFile(folder, basename(path)) : openTensors(folder);
      const map = !isFile && folder.open(MAP_FILE) !== null ? readCircuitMap(folder) : null;
      const config = !isFile && folder.open(CONFIG_FILE) !== null ? readKnownConfig(folder) : null;
      const tensors = measure(session, store);
      if (session.format === 'json') session.printJson(reportJson(path, config, map, tensors));
      else print(session, path, config, map, tensors);
      return EXIT.done;
    } finally {
      folder.close();
    }
  },
};

function openFile(folder: OpenFolder, name: string): TensorStore {
  const source = folder.open(name) ?? fail('R7010', { file: name, folder: folder.path });
  return openTensorFile(source, name);
}

type KnownConfig = ReturnType<typeof readModelConfig>;

/** Null for an architecture that raspc has no target for: its tensors can be shown all the same. */
function readKnownConfig(folder: OpenFolder): KnownConfig | null {
  try {
    return readModelConfig(folder);
  } catch (fault) {
    if (fault instanceof DiagnosticError && fault.diagnostics[0]?.code === 'R7102') return null;
    throw fault;
  }
}

function measure(session: Session, store: TensorStore): TensorFacts[] {
  const progress = session.progress('reading tensors');
  const all = [...store.tensors.values()];
  const facts = all.map((tensor, done) => {
    progress.update(done, all.length);
    return measureTensor(store, tensor);
  });
  progress.finish();
  return facts;
}

const NUMBERS: Readonly<Record<string, ReadableDtype>> = { F64: 'f64', F32: 'f32', F16: 'f16', BF16: 'bf16' };

function measureTensor(store: TensorStore, tensor: LocatedTensor): TensorFacts {
  const { name, dtype, shape, file } = tensor;
  const parameters = shape.reduce((product, length) => product * length, 1);
  const readable = NUMBERS[dtype];
  if (readable === undefined) return { name, dtype, shape, parameters, nonzero: null, norm: null, file };
  let nonzero = 0;
  let squares = 0;
  for (const value of decode(readable, store.read(tensor))) {
    if (value !== 0) nonzero++;
    squares += value * value;
  }
  return { name, dtype, shape, parameters, nonzero, norm: Math.sqrt(squares), file };
}

function sizesOf(config: Pick<ModelConfig, 'sizes'>) {
  const { layers, heads, width, dim, hidden } = config.sizes;
  return { layers, heads, width, dim, hidden };
}

function total(tensors: readonly TensorFacts[], of: (tensor: TensorFacts) => number | null): number {
  return tensors.reduce((sum, tensor) => sum + (of(tensor) ?? 0), 0);
}

function reportJson(path: string, config: KnownConfig | null, map: CircuitMap | null, tensors: readonly TensorFacts[]): Json {
  return {
    dir: path,
    architecture: config?.target.architecture ?? null,
    ...(config === null ? {} : sizesOf(config)),
    parameters: total(tensors, (t) => t.parameters),
    nonzero: total(tensors, (t) => t.nonzero),
    program: map === null ? null : { file: map.program.file, sha256: map.program.sha256 },
    context: map?.context,
    causal: map?.causal,
    vocabulary: map?.vocabulary.length,
    outputs: map?.outputs.map(({ name, type, kind }) => ({ name, type, kind })),
    heads: map?.heads as unknown as Json,
    neurons: map?.neurons as unknown as Json,
    variables: map?.variables.map((variable) => ({ ...variable, values: variable.values.map(valueJson) })) as unknown as Json,
    tensors: tensors.map((tensor) => ({ ...tensor })),
  };
}

function print(session: Session, path: string, config: KnownConfig | null, map: CircuitMap | null, tensors: readonly TensorFacts[]): void {
  const { theme } = session;
  session.print(theme.strong(path));
  if (config !== null) {
    const { layers, heads, width, dim, hidden } = sizesOf(config);
    session.print(
      `  ${config.target.architecture}: ${count(layers, 'layer')} of ${count(heads, 'head')} (${dim} dimensions each), width ${width}, hidden ${hidden}`,
    );
  }
  session.print(`  ${number(total(tensors, (t) => t.parameters))} parameters, ${number(total(tensors, (t) => t.nonzero))} not zero`);
  if (map !== null) {
    session.print(
      `  compiled from ${map.program.file}, ${map.causal ? 'causal' : 'bidirectional'}, context ${map.context}, vocabulary ${map.vocabulary.length}`,
    );
    session.print(`\n${theme.strong('Outputs')}`);
    for (const line of textTable(map.outputs.map((output) => [output.name, output.type, readingOf(output)]))) session.print(`  ${line}`);
    session.print(`\n${theme.strong('Circuits')}`);
    for (const line of textTable(circuitRows(map))) session.print(`  ${line}`);
  }
  session.print(`\n${theme.strong('Tensors')}`);
  const rows = tensors.map(({ name, dtype, shape, parameters, nonzero, norm }) => [
    name,
    dtype,
    shape.join(' × '),
    nonzero === null ? '' : `${number(nonzero)} of ${number(parameters)} not zero`,
    norm === null ? '' : `norm ${norm.toPrecision(4)}`,
  ]);
  for (const line of textTable(rows)) session.print(`  ${line}`);
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
  for (const { name, span, dims, encoding, written } of map.variables)
    add(written, `${encoding} in ${count(dims.length, 'dimension')}`, name, span);
  return rows.sort((a, b) => a.at - b.at).map(({ cells }) => cells);
}

function count(many: number, noun: string): string {
  return `${many} ${noun}${many === 1 ? '' : 's'}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
