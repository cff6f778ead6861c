/** Inputs of a compiled folder with what its program gives on them: what every engine is compared with. */
import type { CircuitMap } from '../../src/checkpoint/map/circuit-map.ts';
import { readCircuitMap } from '../../src/checkpoint/map/read-circuit-map.ts';
import { tokenTexts } from '../../src/checkpoint/tokenizer/token-texts.ts';
import { loadSource } from '../../src/cli/session/load-file.ts';
import { processIo } from '../../src/cli/terminal/process-io.ts';
import { evaluator } from '../../src/graph/evaluate/evaluate.ts';
import { Sequence } from '../../src/graph/evaluate/sequence.ts';
import type { Value } from '../../src/graph/value.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { compareOutput } from '../../src/verify/decode.ts';
import { adversarialInputs, type InputSource, randomInputs } from '../../src/verify/inputs.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';

export interface FolderCase {
  /** The input as indices into the vocabulary. */
  readonly indices: readonly number[];
  /** BOS and the ids of the input. */
  readonly ids: readonly number[];
  readonly text: string;
  /** For each output of the map, the values that the program gives. */
  readonly expected: readonly (readonly Value[])[];
}

const io = processIo();

/** Numbers may be off by a thousandth, whatever a certificate says of other engines. */
const LOOSEST = Number.POSITIVE_INFINITY;

/** At most `count` of the inputs, evenly spread. */
function someInputs(inputs: InputSource, count: number): Uint32Array[] {
  const taken = Math.min(count, inputs.count);
  return Array.from({ length: taken }, (_, i) => inputs.at(Math.floor((i * inputs.count) / taken)));
}

/** Up to `samples` inputs made to break things, and as many random ones after them. */
export function folderCases(dir: string, samples: number): { readonly map: CircuitMap; readonly cases: readonly FolderCase[] } {
  const map = readCircuitMap(diskFolder(dir));
  const program = loadSource(sourceFile(map.program.file, map.program.source), io, {
    vocabulary: { kind: 'tokens', values: map.vocabulary.map(({ value }) => value), span: null },
    context: map.context,
    causal: map.causal,
    exports: map.outputs.map(({ name }) => name),
  });
  const nodes = map.outputs.map((output) => program.exports.find(({ name }) => name === output.name)?.node as never);
  const evaluate = evaluator(nodes, { causal: map.causal });
  const { texts, fused } = tokenTexts({ ...map, outputs: [] }, map.vocabulary.length + 1, null);
  const size = map.vocabulary.length;
  const inputs = [
    ...someInputs(adversarialInputs(size, map.context), samples),
    ...someInputs(randomInputs(size, map.context, samples, 7), samples),
  ];
  const cases = inputs.map((input) => {
    const tokens = Array.from(input, (i) => map.vocabulary[i] as CircuitMap['vocabulary'][number]);
    const found = evaluate(tokens.map(({ value }) => value));
    return {
      indices: [...input],
      ids: [map.bos.id, ...tokens.map(({ id }) => id)],
      text: tokens.map(({ id }) => texts[id] as string).join(fused ? '' : ' '),
      expected: nodes.map((node) => {
        const sequence = found.get(node);
        if (!(sequence instanceof Sequence)) throw new Error('the export is no sequence');
        return sequence.values;
      }),
    };
  });
  return { map, cases };
}

/** The same cases, with the ids of another model of the same program. */
export function withIds(cases: readonly FolderCase[], { bos, vocabulary }: CircuitMap): number[][] {
  return cases.map(({ indices }) => [bos.id, ...indices.map((i) => (vocabulary[i] as CircuitMap['vocabulary'][number]).id)]);
}

/** Outputs that the logits of an engine, `[position, output]`, get wrong at some position. */
export function wrongOutputs(map: CircuitMap, { ids, expected }: FolderCase, data: Float32Array): number {
  const logits = { data, outputs: data.length / ids.length };
  return map.outputs.filter((output, i) =>
    (expected[i] as readonly Value[]).some((value, position) => !compareOutput(output, logits, position, value, LOOSEST).right),
  ).length;
}
