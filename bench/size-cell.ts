/** One cell of the size benchmark: a program of `bench/sizes/` compiled at a vocabulary and a context, measured and tried. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { packCheckpoint } from '../src/checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../src/checkpoint/safetensors/write-safetensors.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { type CompiledModel, compile } from '../src/compiler/compile.ts';
import { loadProgram } from '../src/graph/elaborate/load-program.ts';
import type { Program } from '../src/graph/program.ts';
import type { Value } from '../src/graph/value.ts';
import type { Optimization } from '../src/passes/optimizations.ts';
import { openModel } from '../src/runtime/model.ts';
import { bytesSource, type ModelFolder } from '../src/source/byte-source.ts';
import { sourceFile } from '../src/source/source-file.ts';
import { bert } from '../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../src/targets/families/layer-norm/gpt2.ts';
import { adversarialInputs, allInputs, concatenate, countInputs, randomInputs } from '../src/verify/inputs.ts';
import { modelSubject } from '../src/verify/model-subject.ts';
import { verifyCheckpoint } from '../src/verify/verify-checkpoint.ts';
import type { PeerCell } from './speed/peer.ts';

/** Programs over the numbers 1 to V; brackets, filled up with letters; all others are over letters. */
const NUMBERS = new Set(['sort', 'sort_unique', 'nary_sequencemap_1', 'nary_sequencemap_2']);
const BRACKETS: Readonly<Record<string, string>> = {
  pair_balance: '()',
  shuffle_dyck1: '()',
  shuffle_dyck2: '(){}',
  shuffle_dyck3: '(){}[]',
};

export interface SizeResult {
  readonly target: string;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly hidden: number;
  /** As the peer's are counted: all but the unembedding. */
  readonly parameters: number;
}

export interface CompiledCell extends SizeResult {
  readonly program: Program;
  readonly model: CompiledModel;
}

/** A program for one direction goes to GPT-2, one that looks both ways to BERT. */
export function compileCell({ program: name, vocabulary: size, context }: PeerCell, without: readonly Optimization[] = []): CompiledCell {
  const path = `bench/sizes/${name}.rasp`;
  const vocabulary = vocabularyOf(name, size);
  const program = loadProgram({
    file: sourceFile(path, readSource(path)),
    loader: () => null,
    vocabulary: { kind: 'tokens', values: vocabulary, span: null },
    context,
  });
  const target = program.causal?.value === true ? gpt2 : bert;
  const model = compile(program, { target, dtype: 'f32', compute: 'f32', vocabulary, context, without });
  const { layers, heads, width, hidden, parameters } = model.size;
  const { unembedding, unembeddingBias } = model.weights.model;
  const uncounted = (unembedding?.data.length ?? 0) + (unembeddingBias?.data.length ?? 0);
  return { program, model, target: target.name, layers, heads, width, hidden, parameters: parameters - uncounted };
}

/** Fewest and most times that a compilation is measured, and the processor time (ms) that is enough between them: it warms up with use. */
const LEAST_TIMES = 3;
const MOST_TIMES = 25;
const ENOUGH_TIME = 100;

/** Processor time of compiling from source text to weights, in milliseconds: the least of several times. */
export function compileTime(cell: PeerCell): number {
  let least = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let i = 0; i < LEAST_TIMES || (i < MOST_TIMES && spent < ENOUGH_TIME); i++) {
    const before = process.cpuUsage();
    compileCell(cell);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
    spent += (user + system) / 1000;
  }
  return least;
}

/** How many of `samples` random inputs (of all, where there are no more), and of those at the edges, come out wrong. */
export function countWrong(
  { program, model }: CompiledCell,
  samples: number,
): Promise<{ readonly checked: number; readonly failed: number }> {
  const { config, weights, dtype, compute, pad, map } = model;
  const packed = packCheckpoint({ config, weights, dtype, compute, eos: null, pad, map: { raspc: '0', ...map } });
  const files = new Map(packed.files.map(({ path, content }) => [path, fileBytes(content)]));
  const folder: ModelFolder = {
    path: map.program.file,
    open(file) {
      const bytes = files.get(file);
      return bytes === undefined ? null : bytesSource(bytes);
    },
  };
  const running = openModel(folder);
  const size = map.vocabulary.length;
  const inputs =
    countInputs(size, map.context) <= samples
      ? allInputs(size, map.context)
      : concatenate(adversarialInputs(size, map.context), randomInputs(size, map.context, samples, 1));
  return verifyCheckpoint(modelSubject(packed.map, running, program), inputs, () => {});
}

const sources = new Map<string, string>();

function readSource(path: string): string {
  const known = sources.get(path) ?? readFileSync(packagePath(path), 'utf8');
  sources.set(path, known);
  return known;
}

function vocabularyOf(program: string, size: number): Value[] {
  if (NUMBERS.has(program)) return Array.from({ length: size }, (_, i) => BigInt(i + 1));
  return [...`${BRACKETS[program] ?? ''}abcdefghijklmnopqrstuvwxyz`].slice(0, size);
}
