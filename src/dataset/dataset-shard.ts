/** A shard of a dataset: the weights of its models in one safetensors file, and a line of JSON for each, with the other files of its folder. */
import { jsonLine } from '../checkpoint/json/json-text.ts';
import { valueData } from '../checkpoint/map/map-value.ts';
import { type PackedFile, packCheckpoint } from '../checkpoint/pack-checkpoint.ts';
import { packWeights } from '../checkpoint/safetensors/pack-weights.ts';
import {
  type FileContent,
  fileBytes,
  fileOfText,
  type TensorToWrite,
  writeSafetensors,
} from '../checkpoint/safetensors/write-safetensors.ts';
import { compile } from '../compiler/compile.ts';
import type { Value } from '../graph/value.ts';
import type { NewHasher } from '../source/sha256.ts';
import type { Target } from '../targets/target.ts';
import { VERSION } from '../version.ts';
import { splitOf } from './behaviour.ts';
import type { DatasetProgram } from './dataset-programs.ts';

/** Inputs with their outputs that go along with each model. */
const EXAMPLES = 16;

export interface ShardModel {
  readonly line: string;
  readonly tensors: readonly TensorToWrite[];
}

/** What names a model's tensors in its shard: `000123/transformer.wte.weight`. */
export function modelName(number: number): string {
  return String(number).padStart(6, '0');
}

export interface ShardSetting {
  readonly target: Target;
  readonly probes: readonly (readonly Value[])[];
  readonly newHasher: NewHasher;
}

/** Compiles one program of a dataset. Throws a DiagnosticError for one that is refused. */
export function shardModel(
  { number, grade, source, program, behaviour }: DatasetProgram,
  { target, probes, newHasher }: ShardSetting,
): ShardModel {
  const { config, weights, dtype, compute, pad, map, size, certificate } = compile(program, { target, dtype: 'f32', compute: 'f32' });
  const content = { config, weights, dtype, compute, eos: null, pad, map: { raspc: VERSION, ...map }, newHasher };
  const { files } = packCheckpoint(content);
  const texts = files.filter(({ path }) => !path.endsWith('.safetensors'));
  const line = jsonLine({
    number,
    split: splitOf(behaviour),
    behaviour: behaviour.hash,
    grade,
    source,
    target: target.name,
    layers: size.layers,
    heads: size.headsPerLayer,
    parameters: size.parameters,
    worstMargin: certificate.worstMargin,
    examples: probes.slice(0, EXAMPLES).map((input, i) => ({
      input: input.map(valueData),
      outputs: program.exports.map(({ name }, e) => ({
        name,
        values: (behaviour.outputs[i * program.exports.length + e] ?? []).map(valueData),
      })),
    })),
    files: Object.fromEntries(texts.map((file) => [file.path, textOf(file)])),
  });
  const own = packWeights(weights, config, dtype).map((tensor) => ({ ...tensor, name: `${modelName(number)}/${tensor.name}` }));
  return { line, tensors: own };
}

function textOf({ content }: PackedFile): string {
  return new TextDecoder().decode(fileBytes(content));
}

export interface ShardFiles {
  readonly weights: FileContent;
  readonly lines: FileContent;
}

export function shardFiles(models: readonly ShardModel[]): ShardFiles {
  return {
    weights: writeSafetensors(
      models.flatMap(({ tensors }) => tensors),
      { format: 'pt' },
    ),
    lines: fileOfText(models.map(({ line }) => `${line}\n`).join('')),
  };
}
