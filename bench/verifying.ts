/** How many tokens a second go through a checkpoint's runtime alone, and through a whole verification. */
import { bytesSource, type ModelFolder } from '../src/checkpoint/byte-source.ts';
import { packCheckpoint } from '../src/checkpoint/pack-checkpoint.ts';
import { fileBytes } from '../src/checkpoint/write-safetensors.ts';
import { compile } from '../src/compiler/compile.ts';
import { evaluator } from '../src/graph/evaluate.ts';
import type { Sequence } from '../src/graph/sequence.ts';
import type { Value } from '../src/graph/value.ts';
import { openModel } from '../src/runtime/model.ts';
import { gpt2 } from '../src/targets/gpt2.ts';
import { randomInputs } from '../src/verify/inputs.ts';
import { type Subject, verifyCheckpoint } from '../src/verify/verify-checkpoint.ts';
import { loadExample } from './load-example.ts';
import type { BenchTable } from './main.ts';

const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz'];

/** Program, tokens of the vocabulary, context. */
const CASES: readonly (readonly [program: string, vocabulary: number, context: number])[] = [
  ['hist', 10, 10],
  ['hist', 26, 32],
  ['hist', 26, 128],
  ['double_hist', 26, 32],
  ['induction', 26, 32],
  ['most_frequent', 26, 32],
];

const SECONDS = 1.5;

export function measureVerifying(): BenchTable {
  return {
    name: 'Running and verifying checkpoints, tokens a second',
    columns: ['program', 'vocabulary', 'context', 'runtime', 'verify'],
    rows: CASES.map(([name, size, context]) => {
      const subject = subjectOf(name, ALPHABET.slice(0, size), context);
      const ids = (count: number, from: number) =>
        Array.from({ length: count }, (_, i) =>
          Int32Array.of(subject.bos, ...Array.from(randomInputs(size, context, from + count, 1).at(from + i), (t) => subject.ids[t] ?? 0)),
        );
      const runtime = tokensPerSecond((round) => {
        const batch = ids(256, round * 256);
        subject.model(batch);
        return batch.reduce((sum, input) => sum + input.length - 1, 0);
      });
      const verify = tokensPerSecond((round) => verifyCheckpoint(subject, randomInputs(size, context, 512, round), () => {}).tokens);
      return [name, size, context, Math.round(runtime), Math.round(verify)];
    }),
  };
}

function tokensPerSecond(work: (round: number) => number): number {
  work(0);
  const start = performance.now();
  let tokens = 0;
  for (let round = 1; performance.now() - start < SECONDS * 1000; round++) tokens += work(round);
  return (tokens / (performance.now() - start)) * 1000;
}

function subjectOf(name: string, vocabulary: readonly Value[], context: number): Subject {
  const program = loadExample(name, { vocabulary: { kind: 'tokens', values: vocabulary, span: null }, context });
  const { config, weights, dtype, compute, pad, map } = compile(program, {
    target: gpt2,
    dtype: 'f32',
    compute: 'f32',
    vocabulary,
    context,
  });
  const packed = packCheckpoint({ config, weights, dtype, compute, eos: null, pad, map: { raspc: '0', ...map } });
  const files = new Map(packed.files.map(({ path, content }) => [path, fileBytes(content)]));
  const folder: ModelFolder = {
    path: name,
    open(file) {
      const bytes = files.get(file);
      return bytes === undefined ? null : bytesSource(bytes);
    },
  };
  const model = openModel(folder);
  const nodes = program.exports.map((e) => e.node);
  const evaluate = evaluator(nodes, { causal: map.causal });
  return {
    vocabulary,
    bos: map.bos.id,
    ids: map.vocabulary.map(({ id }) => id),
    outputs: map.outputs,
    model: (batch) => model.logits(batch).map((data) => ({ data, outputs: model.config.sizes.outputs })),
    program(input) {
      const values = evaluate(input);
      return nodes.map((node) => (values.get(node) as Sequence).values);
    },
    tolerance: Number.POSITIVE_INFINITY,
  };
}
