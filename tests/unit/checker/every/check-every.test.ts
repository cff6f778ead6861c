/** Models whose inputs are followed one by one: what is right is proven, what is wrong is named with its input, what is too much is refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ModelParts } from '../../../../src/checker/bounds/model-parts.ts';
import { checkEvery } from '../../../../src/checker/every/check-every.ts';
import { lengthOf } from '../../../../src/checker/every/matrix.ts';
import { TokenRun } from '../../../../src/checker/every/token-run.ts';
import { openCheckpoint } from '../../../../src/checkpoint/unpack-checkpoint.ts';
import { openModel } from '../../../../src/runtime/model.ts';
import { findTarget } from '../../../../src/targets/registry.ts';
import type { Target } from '../../../../src/targets/target.ts';
import { numberAt } from '../../../../src/tensor/number-at.ts';
import type { Tensor } from '../../../../src/tensor/tensor.ts';
import { modelToCheck } from '../../../support/check-model.ts';
import { writeRandomHost } from '../../../support/random-host.ts';
import { diskFolder } from '../../runtime/disk-folder.ts';

const PREVIOUS = '@vocab "ab"; @context 3; @causal;\nprev = aggregate(select(indices, indices - 1, ==), tokens, "-");\n@export prev;\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-every-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function each(text: string, change?: (tensors: ReadonlyMap<string, Tensor>) => void) {
  const { changed, map, program } = modelToCheck(text);
  return checkEvery({ map, checkpoint: openCheckpoint(changed(change)), program });
}

test('each of all inputs is followed, and proven', () => {
  expect(each(PREVIOUS)).toMatchObject({ kind: 'checked', holds: true, inputs: 14 });
});

test.each(['llama', 'gpt-neox'])('on %s logits are what the model says, within what is said', (target) => {
  const path = join(folder, target);
  writeRandomHost(path, { target, matrices: 0.05 });
  const parts = new ModelParts(openCheckpoint(diskFolder(path)), 'f32');
  const [tokens, closely] = [false, true].map((isClose) => new TokenRun(parts, 5, 'any-order', isClose)) as [TokenRun, TokenRun];
  const ids = [3, 1, 4];
  const [said] = openModel(diskFolder(path)).logits([Int32Array.from(ids)]);
  const { outputs } = parts.config.sizes;
  for (const [position, id] of ids.entries()) {
    const read = tokens.read(id, position);
    const { values, off } = read;
    const closer = closely.read(id, position);
    expect(closer.values).toEqual(values);
    expect(closer.off).toBeLessThan(off);
    for (let row = 0; row < outputs; row++) {
      const weights = parts.row(parts.whole.unembedding.weights, row);
      const own = weights.reduce((sum, w, i) => sum + w * numberAt(values, i), 0);
      const apart = Math.abs(own - numberAt(said as Float32Array, position * outputs + row));
      expect(apart).toBeLessThanOrEqual(closer.off * lengthOf(weights) + 1e-6);
      expect(apart).toBeLessThan(1e-4);
      if (row % 8 > 0) continue;
      // by slopes it is known better
      const cost = tokens.cost(read, weights);
      expect(apart).toBeLessThanOrEqual(cost + 1e-6);
      expect(cost).toBeLessThan(off * lengthOf(weights));
      expect(closely.cost(closer, weights)).toBeLessThanOrEqual(cost);
    }
  }
});

test('what is wrong is said with the input', () => {
  const swapped = each(PREVIOUS, (tensors) => {
    const data = (tensors.get('tokenEmbedding') as Tensor).data;
    const width = data.length / ((tensors.get('tokenEmbedding') as Tensor).shape[0] as number);
    const [a, b] = [data.slice(width, 2 * width), data.slice(2 * width, 3 * width)];
    data.set(b, width);
    data.set(a, 2 * width);
  });
  expect(swapped).toMatchObject({ kind: 'checked', holds: false });
  expect(swapped.kind === 'checked' && swapped.failures[0]?.part).toMatch(/ on "[ab]" /);
});

test('what is too much, or not of one input alone, is not followed', () => {
  expect(each(PREVIOUS.replace('3', '30'))).toMatchObject({
    kind: 'unproven',
    why: expect.stringContaining('too many to follow one by one'),
  });
  const { folder: files, map, program } = modelToCheck(PREVIOUS, { target: findTarget('bert') as Target });
  const bert = checkEvery({ map, checkpoint: openCheckpoint(files), program });
  expect(bert).toMatchObject({ kind: 'unproven', why: expect.stringContaining('tokens see those after them') });
});
