/** From canonical weights to a whole model folder, as files with their bytes. The same input always gives the same bytes. */
import { type NewHasher, newSha256 } from '../source/sha256.ts';
import { type ModelConfig, positionsOf } from '../targets/model-config.ts';
import type { Dtype } from '../tensor/dtype.ts';
import type { Weights } from '../weights/weights.ts';
import { CONFIG_FILE } from './config/config-value.ts';
import { writeConfigJson, writeGenerationConfigJson } from './config/write-config.ts';
import { jsonText } from './json/json-text.ts';
import { type CircuitMap, MAP_FILE, type MapFile } from './map/circuit-map.ts';
import { describeHooks } from './map/map-hooks.ts';
import { writeCircuitMapJson } from './map/write-circuit-map.ts';
import { modelCard } from './model-card.ts';
import { packWeights } from './safetensors/pack-weights.ts';
import { weightFiles } from './safetensors/weight-files.ts';
import { type FileContent, fileOfText } from './safetensors/write-safetensors.ts';
import { labelTexts, tokenTexts } from './tokenizer/token-texts.ts';
import { TOKENIZER_FILE, tokenizerConfigData, tokenizerData } from './tokenizer/tokenizer-files.ts';

export interface CheckpointContent {
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** What the weights are stored as. */
  readonly dtype: Dtype;
  /** What stock loaders compute in. */
  readonly compute: Dtype;
  /** Ids of the end-of-sequence and padding tokens; null where the model has none. Padding must be no input's id, nor BOS's. */
  readonly eos: number | null;
  readonly pad: number | null;
  /** The most bytes of tensors in one file; null for one file. */
  readonly maxShardBytes?: number | null;
  readonly map: Omit<CircuitMap, 'dtype' | 'compute' | 'target' | 'files'>;
  /** What computes the SHA-256 of files; the one in plain JavaScript where nothing else is given. */
  readonly newHasher?: NewHasher;
}

export interface PackedFile {
  /** The file's name in the folder. */
  readonly path: string;
  readonly content: FileContent;
}

export interface PackedCheckpoint {
  /** raspc.json comes last: a folder that has it is whole. */
  readonly files: readonly PackedFile[];
  readonly map: CircuitMap;
}

function fileRecord({ path, content }: PackedFile, newHasher: NewHasher): MapFile {
  const hash = newHasher();
  for (const chunk of content.chunks()) hash.update(chunk);
  return { path, sha256: hash.hex(), bytes: content.size };
}

/** Packs a model: every file's bytes, and the finished circuit map with their hashes (R7501). */
export function packCheckpoint({
  config,
  weights,
  dtype,
  compute,
  eos,
  pad,
  maxShardBytes = null,
  map: facts,
  newHasher = newSha256,
}: CheckpointContent): PackedCheckpoint {
  const { sizes, target, traits } = config;
  const isClassifier = traits.output === 'token-classification';
  // a classifier's outputs are labels with ids of their own
  // rows of the embedding beyond padding, the last id that means something, have no token
  const tokens = tokenTexts(isClassifier ? { ...facts, outputs: [] } : facts, pad === null ? sizes.vocab : pad + 1, pad);
  const labels = isClassifier ? labelTexts(facts.outputs, sizes.outputs) : [];
  const tokenizer = { tokens, bos: facts.bos, pad, positions: positionsOf(config), rebuilt: target.tokenizerClass !== 'AutoTokenizer' };
  const about = { ...facts, target: target.name, dtype, compute };
  const special = { bos: facts.bos.id, eos, pad };
  const texts: [string, string][] = [
    [CONFIG_FILE, writeConfigJson({ config, special, compute, labels })],
    ...(isClassifier ? [] : [['generation_config.json', writeGenerationConfigJson(special, positionsOf(config))] as [string, string]]),
    [TOKENIZER_FILE, jsonText(tokenizerData(tokenizer))],
    ['tokenizer_config.json', jsonText(tokenizerConfigData(tokenizer))],
    ['README.md', modelCard(about, config)],
  ];
  const files: PackedFile[] = [
    ...texts.map(([path, text]) => ({ path, content: fileOfText(text) })),
    ...weightFiles(packWeights(weights, config, dtype), maxShardBytes),
  ];
  const map: CircuitMap = { ...about, hooks: describeHooks(facts, config), files: files.map((file) => fileRecord(file, newHasher)) };
  return { files: [...files, { path: MAP_FILE, content: fileOfText(writeCircuitMapJson(map)) }], map };
}
