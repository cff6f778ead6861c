/**
 * The programs of programs/generate: their examples and the runs of their comments by the interpreter, and the same runs of the model that
 * they are compiled to.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateRow } from '../../scripts/families/generate-table.ts';
import type { CircuitMap } from '../../src/checkpoint/map/circuit-map.ts';
import { haltId } from '../../src/checkpoint/map/halt-id.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { checkExamples } from '../../src/graph/evaluate/check-examples.ts';
import { generate } from '../../src/graph/evaluate/generate.ts';
import { type Value, valuesEqual } from '../../src/graph/value.ts';
import { parseInput } from '../../src/library/parse-input.ts';
import { openModel } from '../../src/runtime/model.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { generateModel } from '../../src/verify/generated/generate-model.ts';
import { LONG_PROOFS, modelToCheck } from '../support/check-model.ts';

const FOLDER = 'programs/generate';
const table = readFileSync('docs/reference/generate.md', 'utf8');

function idOf(vocabulary: CircuitMap['vocabulary'], value: Value): number {
  return vocabulary.find((token) => valuesEqual(token.value, value))?.id ?? -1;
}

describe.each(readdirSync(FOLDER))('%s', (name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  const program = loadProgram({ file: sourceFile(name, text), loader: () => null });
  const { generation, vocabulary, context } = program;
  if (generation === null || vocabulary?.kind !== 'tokens' || context === null) throw new Error(`${name} has no @step, @vocab or @context`);
  const limits = { context: context.length, most: context.length };
  const tokens = (written: string) => parseInput(written, { vocabulary: vocabulary.values, context: context.length });
  const runs = [...text.matchAll(/^# Run: (\S+) +-> (\S+)$/gm)].map(([, input = '', output = '']) => [input, output] as const);

  test('has examples and runs, which the interpreter agrees with', () => {
    expect(program.examples.length).toBeGreaterThan(0);
    expect(checkExamples(program)).toEqual([]);
    expect(runs.length).toBeGreaterThan(0);
    for (const [input, output] of runs) {
      const written = generate(program, generation, tokens(input), limits).output;
      expect(output.startsWith('[') ? `[${written.join()}]` : written.join(''), input).toBe(output);
    }
  });

  test('runs as a model as it does by the interpreter', () => {
    const { check, map, folder, compiled } = modelToCheck(text);
    // its line of docs/reference/generate.md, which `npm run generate-table` writes
    expect(table).toContain(generateRow(name, text, compiled));
    if (!LONG_PROOFS.includes(basename(name, '.rasp'))) expect(check()).toMatchObject({ kind: 'checked', holds: true });
    const model = openModel(folder);
    for (const [input] of runs) {
      const expected = generate(program, generation, tokens(input), limits);
      expect(generateModel(map, model, tokens(input), limits), input).toEqual(expected);
      // as any library does it, which takes the largest of all logits, those of BOS and of the padding too
      const ids = expected.output.map((value) => idOf(map.vocabulary, value));
      const decoder = model.decoder();
      let next = [map.bos.id, ...tokens(input).map((value) => idOf(map.vocabulary, value))];
      for (const id of ids) {
        const logits = decoder.append(Int32Array.from(next));
        expect(logits.indexOf(Math.max(...logits)), input).toBe(id);
        next = [id];
      }
      if (expected.end === 'halt') {
        const logits = decoder.append(Int32Array.from(next));
        expect(logits.indexOf(Math.max(...logits)), input).toBe(haltId(map));
      }
    }
  });
});
