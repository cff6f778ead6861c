/**
 * The program of a compiled folder, compiled anew for a host: with a dimension for each value where codes lay close together. What reads such codes
 * can tell them apart by little, and a host has room.
 */
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import { type CircuitMap, MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import { packCheckpoint } from '../../checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../../checkpoint/safetensors/write-safetensors.ts';
import { type CompiledModel, compile } from '../../compiler/compile.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { findSpare } from '../../disguise/host/fill-noise.ts';
import { type Host, misfit } from '../../disguise/hosted/host.ts';
import type { Program } from '../../graph/program.ts';
import { DENSE_OPTIMIZATIONS, type Optimization } from '../../passes/optimizations.ts';
import { memoryFolder } from '../../source/byte-source.ts';
import { sourceFile } from '../../source/source-file.ts';
import type { Target } from '../../targets/target.ts';
import { VERSION } from '../../version.ts';
import type { Weights } from '../../weights/weights.ts';
import { newNodeSha256 } from '../files/node-sha256.ts';
import { loadSource, overridesOf } from '../session/load-file.ts';
import type { Io } from '../terminal/io.ts';
import { type PlainModel, readPlain } from './plain-model.ts';

/** What is left out for a host. */
const FOR_HOSTS: readonly Optimization[] = [...DENSE_OPTIMIZATIONS];

/**
 * The program with a dimension for each value; null where it does not compile so, or where that takes more neurons: theirs are steep, and a host would
 * have to be changed by much.
 */
export function compiledSparse(
  program: Program,
  target: Target,
  { weights, map }: Pick<CompiledModel, 'weights'> & { readonly map: Pick<CircuitMap, 'outputs'> },
): CompiledModel | null {
  try {
    const compiled = compile(program, { target, dtype: 'f32', compute: 'f32', without: FOR_HOSTS });
    return neuronsOf(compiled.weights, compiled.map) > neuronsOf(weights, map) ? null : compiled;
  } catch (error) {
    if (error instanceof DiagnosticError) return null;
    throw error;
  }
}

function neuronsOf(weights: Weights, map: Pick<CircuitMap, 'outputs'>): number {
  const spare = findSpare(weights, map);
  return weights.layers.reduce(
    (sum, _, layer) =>
      sum + Array.from({ length: weights.sizes.hidden }, (__, neuron) => neuron).filter((neuron) => !spare.neurons(layer, neuron)).length,
    0,
  );
}

export interface PlainFolder {
  readonly plain: PlainModel;
  /** Its `config.json` and `raspc.json`. */
  readonly texts: { readonly config: string; readonly map: string };
}

/** Null as in {@link compiledSparse}, and where the host has no room for that. */
export function compiledForHost(given: PlainModel, host: Host, io: Io): PlainFolder | null {
  const { map, config } = given;
  const program = loadSource(sourceFile(map.program.file, map.program.source), io, overridesOf(map));
  const compiled = compiledSparse(program, config.target, given);
  if (compiled === null) return null;
  const { weights, pad } = compiled;
  const { files } = packCheckpoint({
    ...{ config: compiled.config, weights, dtype: 'f32', compute: 'f32', eos: null, pad },
    map: { raspc: VERSION, ...compiled.map },
    newHasher: newNodeSha256,
  });
  const bytes = new Map(files.map(({ path, content }) => [path, fileBytes(content)]));
  const plain = readPlain(memoryFolder(bytes));
  if (misfit({ ...plain, spare: findSpare(plain.weights, plain.map) }, host.config) !== null) return null;
  const text = (name: string) => new TextDecoder().decode(bytes.get(name));
  return { plain, texts: { config: text(CONFIG_FILE), map: text(MAP_FILE) } };
}
