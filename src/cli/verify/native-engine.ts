/**
 * onnxruntime-node as an engine for dense models, where a person has installed it: beside raspc, or in the folder where the command runs.
 * It gives the logits that the own runtime gives, but for rounding, and its first answers are compared with those.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { INPUTS, type OnnxModel, onnxModel } from '../../onnx/onnx-model.ts';
import { rotaryTable } from '../../runtime/attention.ts';
import type { Model } from '../../runtime/model.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { FloatArray } from '../../tensor/dtype.ts';

const PACKAGE = 'onnxruntime-node';
export const OWN_ENGINE = 'raspc';

export interface NativeEngine {
  readonly name: string;
  /** As {@link Model.logits}. */
  logits(batch: readonly Int32Array[]): Promise<readonly FloatArray[]>;
}

/** What of the package is used. */
interface Onnxruntime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<InferenceSession> };
  readonly Tensor: new (type: string, data: Float32Array | BigInt64Array, dims: readonly number[]) => Tensor;
}

interface InferenceSession {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

interface Tensor {
  readonly data: Float32Array | BigInt64Array;
}

/** Tokens that are run together: sequences of about one length, so that little is padding. */
const CHUNK_TOKENS = 4096;
/** Added to the scores of what is not seen: nothing is left of e to the power of it. */
const UNSEEN = -1e30;
/** Multiplications a token from which on a model is worth handing over. */
const MUCH_WORK = 200_000;
/** The native engine does not skip zeros, but is faster on the rest by more than the inverse of this. */
const DENSE_PART = 0.1;
/** A file of Protocol Buffers has at most 2 GB. */
const LARGEST_MODEL = 2 ** 31 - 2 ** 20;

/** Whether all layers see alike: the native engine is given one mask and one table of angles. */
function runsAlike({ layerAttention }: ModelConfig): boolean {
  return layerAttention.length === 1 && layerAttention.every(({ window }) => window === null);
}

/** Whether the model is one that the native engine runs faster: large and dense, in float32. */
function wantsNative(model: Model): boolean {
  if (!runsAlike(model.config)) return false;
  const { layers, width, heads, kvHeads, dim, hidden, outputs, vocab } = model.config.sizes;
  const matrices = model.config.traits.mlp === 'gated' ? 3 : 2;
  const cells = layers * width * (2 * dim * (heads + kvHeads) + matrices * hidden) + outputs * width;
  const bytes = 4 * (cells + vocab * width);
  return model.arithmetic === 'f32' && model.work > MUCH_WORK && model.work > DENSE_PART * cells && bytes < LARGEST_MODEL;
}

/** What `--engine` chooses; `auto` is the native one where it is there and {@link wantsNative}. */
export const ENGINES = ['auto', OWN_ENGINE, 'onnxruntime'] as const;
export type EngineChoice = (typeof ENGINES)[number];

/** Null where the own runtime is to be taken. Diagnostics: R7608, R7609. */
export async function chooseEngine(
  choice: EngineChoice,
  { model, checkpoint }: { readonly model: Model; readonly checkpoint: OpenCheckpoint },
  directory: string,
): Promise<NativeEngine | null> {
  if (choice === OWN_ENGINE || (choice === 'auto' && !wantsNative(model))) return null;
  const demand = (why: string) => (choice === 'auto' ? null : fail('R7609', { engine: PACKAGE, why }));
  if (model.arithmetic !== 'f32') return demand(`it computes in ${model.arithmetic}`);
  if (!runsAlike(model.config)) return demand('its layers do not all see alike');
  return (await nativeEngine(checkpoint, model, directory)) ?? demand('it is not installed');
}

/**
 * Null where the package is not installed. Diagnostics: R7608, where the two engines differ on the first inputs.
 *
 * @param threads as many as there are cores, if not given
 */
export async function nativeEngine(
  checkpoint: OpenCheckpoint,
  model: Model,
  directory: string,
  threads?: number,
): Promise<NativeEngine | null> {
  const runtime = await findRuntime(directory);
  if (runtime === null) return null;
  const onnx = onnxModel(checkpoint);
  const session = await runtime.InferenceSession.create(onnx.bytes, {
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  });
  const engine = new OnnxEngine(runtime, session, onnx, checkpoint.config);
  let isCompared = false;
  return {
    name: PACKAGE,
    async logits(batch) {
      const said = await engine.logits(batch);
      if (!isCompared) compareLogits(said, model.logits(batch.slice(0, COMPARED)));
      isCompared = true;
      return said;
    },
  };
}

async function findRuntime(directory: string): Promise<Onnxruntime | null> {
  for (const from of [import.meta.url, join(directory, 'package.json')]) {
    try {
      const path = createRequire(from).resolve(PACKAGE);
      const loaded = await import(pathToFileURL(path).href);
      return loaded.default ?? loaded;
    } catch {
      // not there, or not for this machine: then the own runtime does the work
    }
  }
  return null;
}

/** Sequences of the first batch that both engines run. */
const COMPARED = 4;
/** How far they may be apart, as a part of the largest logit: some hundred roundings of float32. */
const TOLERANCE = 1e-4;

function compareLogits(native: readonly FloatArray[], own: readonly FloatArray[]): void {
  let difference = 0;
  let largest = 0;
  own.forEach((logits, sequence) => {
    logits.forEach((logit, i) => {
      const apart = Math.abs(logit - (native[sequence]?.[i] as number));
      difference = Math.max(difference, apart);
      largest = Math.max(largest, Math.abs(logit));
    });
  });
  if (!(difference <= TOLERANCE * largest)) fail('R7608', { engine: PACKAGE, difference, largest });
}

class OnnxEngine {
  readonly #runtime: Onnxruntime;
  readonly #session: InferenceSession;
  readonly #model: OnnxModel;
  readonly #config: ModelConfig;

  constructor(runtime: Onnxruntime, session: InferenceSession, model: OnnxModel, config: ModelConfig) {
    this.#runtime = runtime;
    this.#session = session;
    this.#model = model;
    this.#config = config;
  }

  async logits(batch: readonly Int32Array[]): Promise<readonly FloatArray[]> {
    const results = new Array<FloatArray>(batch.length);
    const byLength = Array.from(batch.keys()).sort((a, b) => lengthOf(batch, a) - lengthOf(batch, b));
    for (let first = 0; first < byLength.length; ) {
      let end = first + 1;
      while (end < byLength.length && (end + 1 - first) * lengthOf(batch, byLength[end] as number) <= CHUNK_TOKENS) end++;
      const chunk = byLength.slice(first, end);
      const logits = await this.#run(chunk.map((index) => batch[index] as Int32Array));
      chunk.forEach((index, i) => {
        results[index] = logits[i] as FloatArray;
      });
      first = end;
    }
    return results;
  }

  /** @param sequences the last of them the longest */
  async #run(sequences: readonly Int32Array[]): Promise<readonly FloatArray[]> {
    const { Tensor } = this.#runtime;
    const length = sequences.at(-1)?.length ?? 0;
    const { outputs } = this.#config.sizes;
    if (length === 0) return sequences.map(() => new Float32Array(0));
    const tokens = new BigInt64Array(sequences.length * length);
    sequences.forEach((sequence, row) => {
      for (let i = 0; i < sequence.length; i++) tokens[row * length + i] = BigInt(sequence[i] as number);
    });
    const results = await this.#session.run({
      [INPUTS.tokens]: new Tensor('int64', tokens, [sequences.length, length]),
      [INPUTS.mask]: this.#mask(sequences, length),
      ...this.#positions(length),
    });
    const logits = results[this.#model.output]?.data as Float32Array;
    return sequences.map((sequence, row) => {
      const from = row * length * outputs;
      return logits.subarray(from, from + sequence.length * outputs);
    });
  }

  /** What comes later, or what is no token of the sequence: with the first, padding is never seen. */
  #mask(sequences: readonly Int32Array[], length: number): Tensor {
    const { Tensor } = this.#runtime;
    const isCausal = this.#config.traits.attention === 'causal';
    const seen = isCausal ? Array.from({ length }, (_, query) => query + 1) : sequences.map((sequence) => sequence.length);
    const mask = new Float32Array(seen.length * length);
    seen.forEach((count, row) => {
      mask.fill(UNSEEN, row * length + count, (row + 1) * length);
    });
    return new Tensor('float32', mask, isCausal ? [1, 1, length, length] : [sequences.length, 1, 1, length]);
  }

  #positions(length: number): Readonly<Record<string, Tensor>> {
    const { Tensor } = this.#runtime;
    const { rotary } = this.#config;
    if (rotary === null) {
      return {
        [INPUTS.positions]: new Tensor(
          'int64',
          BigInt64Array.from({ length }, (_, position) => BigInt(position)),
          [length],
        ),
      };
    }
    const { cosines, sines } = rotaryTable(rotary, length, new Float32Array(0));
    const pairs = rotary.dims / 2;
    const byPosition = (table: FloatArray) =>
      new Tensor(
        'float32',
        Float32Array.from({ length: length * pairs }, (_, i) => table[(i % pairs) * length + Math.floor(i / pairs)] as number),
        [length, pairs],
      );
    return { [INPUTS.cosines]: byPosition(cosines), [INPUTS.sines]: byPosition(sines) };
  }
}

function lengthOf(batch: readonly Int32Array[], index: number): number {
  return (batch[index] as Int32Array).length;
}
