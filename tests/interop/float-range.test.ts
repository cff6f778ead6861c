/**
 * What float32 does at its ends, in transformers itself: parts of compiled models, dead and live, are flooded, scaled and made denormal at
 * random. The runtime is wrong where transformers is wrong, but for a few that roundings decide, and nothing is called proven that is.
 * RASPC_FLOATS changes how many there are of each kind, RASPC_FLOATS_SEED which.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCheckpoint } from '../../src/checker/check-checkpoint.ts';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { loadModel } from '../../src/runtime/model.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gptNeox } from '../../src/targets/families/layer-norm/gpt-neox.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../src/targets/families/rms-norm/llama.ts';
import { type ModelToCheck, modelToCheck } from '../support/check-model.ts';
import { FLOAT_MUTATIONS } from '../support/float-mutations.ts';
import { float32Logits, SUM_ORDERS } from '../support/float32-model.ts';
import { seededRandom } from '../support/random.ts';
import { marginsOf } from '../support/smallest-margin.ts';
import { type PythonServer, startPython } from './python-server.ts';

const COUNT = Number(process.env.RASPC_FLOATS ?? 5);
const SEED = Number(process.env.RASPC_FLOATS_SEED ?? 1);

const HIST = 'hist = selector_width(select(tokens, tokens, ==)); @export hist;';
const ODD = 'odd = selector_width(select(tokens, "a", ==)) % 2 == 1; @export odd;';
const MODELS = [
  ['gpt2', gpt2, `@vocab "ab"; @context 4; @causal; ${HIST}`],
  ['llama', llama, `@vocab "ab"; @context 4; @causal; ${ODD}`],
  ['gpt-neox', gptNeox, `@vocab "ab"; @context 4; @causal; ${ODD}`],
  ['bert', bert, `@vocab "ab"; @context 4; @bidirectional; ${HIST}`],
] as const;
const INPUTS = ['a', 'ab', 'bba', 'abab', 'aaaa'];
/** Nearer to a tie than this, orders of sums may decide. */
const TIE = 1e-3;
/** Floods multiply roundings that none of the orders here has: on at most so many inputs the verdicts may differ, and then nothing is proven. */
const MOST_DIFFERENT = 0.02;

let folder: string;
let python: PythonServer;
const counts = { models: 0, wrong: 0, notNumbers: 0, proven: 0, inputs: 0, unsettled: 0, stricter: 0 };

const differences: string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-floats-'));
  python = startPython('check_floats.py');
});

afterAll(() => {
  python.close();
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(
    `${counts.models} models at the ends of float32 in transformers: ${counts.wrong} wrong on some input, ${counts.notNumbers} of them not a number; ${counts.proven} proven. Of ${counts.inputs} inputs the order of sums decides on ${counts.unsettled}, and on ${counts.stricter} the runtime alone has no number\n`,
  );
  process.stdout.write(differences.map((each) => `  another verdict: ${each}\n`).join(''));
  // else nothing would have been compared
  expect(counts.unsettled + counts.stricter).toBeLessThan(0.2 * counts.inputs);
  // what a flood of 1e25 makes of a dimension that is 0 but for the rounding of PyTorch's layer norm
  expect(differences.length).toBeLessThan(MOST_DIFFERENT * counts.inputs);
});

type Folder = ModelToCheck['folder'];

function save(dir: string, files: Folder): void {
  mkdirSync(dir);
  for (const name of ['config.json', 'model.safetensors']) {
    const source = files.open(name);
    if (source === null) throw new Error(`there is no ${name}`);
    writeFileSync(join(dir, name), source.read(0, source.size));
  }
}

/** The margins of each folder in transformers. */
async function marginsThere(model: ModelToCheck, dirs: readonly string[]): Promise<number[][]> {
  const ids = INPUTS.map((text) => [model.map.bos.id, ...[...text].map((token) => idOf(model, token))]);
  expect(await python.run(JSON.stringify({ dirs, inputs: ids }))).toEqual(dirs.map(() => null));
  return dirs.map((dir) => {
    const bytes = readFileSync(join(dir, 'logits.f32'));
    const logits = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const outputs = logits.length / ids.reduce((sum, { length }) => sum + length, 0);
    let at = 0;
    // in the order of the inputs, each once
    return marginsOf(
      model,
      ({ length }) => {
        at += length * outputs;
        return logits.slice(at - length * outputs, at);
      },
      INPUTS,
    );
  });
}

function idOf({ map }: ModelToCheck, token: string): number {
  const found = map.vocabulary.find(({ value }) => value === token);
  if (found === undefined) throw new Error(`${token} is no token`);
  return found.id;
}

describe.each(MODELS)('on %s', (name, target, text) => {
  const model = modelToCheck(text, { target });

  test('what is compiled is right there', async () => {
    const dir = join(folder, name);
    save(dir, model.folder);
    expect(await marginsThere(model, [dir])).toEqual([INPUTS.map(() => expect.closeTo(1, 2))]);
  });

  test.each(FLOAT_MUTATIONS.map((mutation, index) => [mutation.name, mutation, index] as const))('%s', async (_, mutation, index) => {
    const random = seededRandom(SEED + 1009 * index);
    const made = Array.from({ length: COUNT }, (_, n) => {
      const dir = join(folder, `${name}-${index}-${n}`);
      const files = model.changed((tensors) => mutation.apply(tensors, random));
      save(dir, files);
      const checkpoint = openCheckpoint(files);
      const result = checkCheckpoint({ map: model.map, checkpoint, program: model.program });
      const orders = SUM_ORDERS.map((order) => marginsOf(model, float32Logits(checkpoint, order), INPUTS));
      const isSettled = INPUTS.map((_, i) => new Set(orders.map((margins) => (margins[i] ?? 0) > 0)).size === 1);
      const ours = marginsOf(model, loadModel(checkpoint), INPUTS);
      return { dir, isProven: result.kind === 'checked' && result.holds, ours, isSettled };
    });
    const there = await marginsThere(
      model,
      made.map(({ dir }) => dir),
    );
    for (const [n, { dir, isProven, ours, isSettled }] of made.entries()) {
      const margins = there[n] ?? [];
      counts.models++;
      if (isProven) counts.proven++;
      if (!margins.every((margin) => margin > 0)) counts.wrong++;
      if (margins.some(Number.isNaN)) counts.notNumbers++;
      for (const [i, margin] of margins.entries()) {
        const where = `${dir}, ${INPUTS[i]}: ${ours[i]} against ${margin} in transformers`;
        const own = ours[i] ?? Number.NaN;
        if (isProven) expect(margin > 0, where).toBe(true);
        counts.inputs++;
        // where the order of sums decides, as it does of what is left of floods that cancel, neither is more right than the other
        if (!isSettled[i] || Math.abs(margin) <= TIE) {
          counts.unsettled++;
          continue;
        }
        // What a layer norm makes of squares out of range is a matter of where they stand: the runtime takes it for NaN wherever they do.
        const isStricter = margin > 0 && Number.isNaN(own) && target.traits.norm === 'layer-norm';
        if (isStricter) counts.stricter++;
        else if (own > 0 !== margin > 0) differences.push(where);
      }
    }
  });
});
