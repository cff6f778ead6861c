/** The library in transformers: every function of a file is an output of one model, in each direction. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EngineResult } from '../../scripts/documents/interop-table.ts';
import { readStdLibrary, STD_CONTEXT, type StdFile, stdSequences, stdSource } from '../../scripts/library/std-library.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { type Choice, checkFound, choicesInTurn, InTransformers, type Outcome, saveResults } from './in-transformers.ts';

const sources = readStdLibrary().flatMap((file, turn) => [sourceOf(file, turn, true), sourceOf(file, turn, false)].flatMap((s) => s ?? []));
const outcomes = new Map<string, Promise<Outcome>>();
let engine: InTransformers;
const results: EngineResult[] = [];

/** Null where the file has nothing that can be an output. */
function sourceOf(file: StdFile, turn: number, causal: boolean) {
  const sequences = stdSequences(file, causal);
  const name = `${file.name}-${causal ? 'causal' : 'bidirectional'}`;
  const home: Choice = { target: causal ? gpt2 : bert, dtype: 'f32' };
  const others = choicesInTurn(turn, 5).filter(({ target, dtype }) => target !== home.target || dtype !== home.dtype);
  return sequences.length === 0 ? null : { name, choices: [home, ...others], text: stdSource(file, sequences, causal) };
}

beforeAll(() => {
  engine = new InTransformers();
  for (const { name, choices, text } of sources) {
    const file = join(engine.folder, `${name}.rasp`);
    writeFileSync(file, text);
    outcomes.set(name, engine.run({ name, file, context: STD_CONTEXT, samples: 15, choices }));
  }
});

afterAll(() => {
  engine.close();
  saveResults('std', results);
});

test.each(sources.map(({ name }) => name))('std/%s', async (name) => {
  const outcome = await (outcomes.get(name) as Promise<Outcome>);
  // the family that the table of costs is of, in f32
  expect(outcome.compiled.length).toBeGreaterThan(0);
  results.push(...(await checkFound(name, 'the library', outcome)));
});
