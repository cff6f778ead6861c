/** Flips bits of stored weights: what passes the checker must compute the same as before. */
import { describe, expect, test } from 'vitest';
import { type CheckResult, checkCheckpoint } from '../../../src/checker/check-checkpoint.ts';
import { openCheckpoint } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { loadModel } from '../../../src/runtime/model.ts';
import { bytesSource, type ModelFolder } from '../../../src/source/byte-source.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import { adversarialInputs, concatenate, randomInputs } from '../../../src/verify/inputs.ts';
import { modelSubject } from '../../../src/verify/model-subject.ts';
import { verifyCheckpoint } from '../../../src/verify/verify-checkpoint.ts';
import { type ModelToCheck, modelToCheck } from '../../support/check-model.ts';
import { seededRandom } from '../../support/random.ts';

const WEIGHTS = 'model.safetensors';
const FLIPS = Number(process.env.RASPC_FLIPS ?? 60);

/** The folder with one stored float changed. */
function withWeight({ folder }: ModelToCheck, bytes: Uint8Array): ModelFolder {
  return { path: folder.path, open: (name) => (name === WEIGHTS ? bytesSource(bytes) : folder.open(name)) };
}

/** A number that is none is refused before anything is proven. */
function holds(check: () => CheckResult): boolean {
  try {
    const result = check();
    return result.kind === 'checked' && result.holds;
  } catch (error) {
    if (error instanceof DiagnosticError) return false;
    throw error;
  }
}

const PROGRAMS = [
  ['gpt2', 'hist = selector_width(select(tokens, tokens, ==)); @export hist;', undefined],
  [
    'gpt2',
    `previous = aggregate(select(indices, indices - 1, ==), tokens, "_");
     induction = aggregate(rightmost(select(previous, tokens, ==)), tokens, "?"); @export induction;`,
    undefined,
  ],
  [
    'gpt2',
    `worth = {"a": 0, "b": 1, "c": 3}[tokens];
     most = max_over(select(indices, indices, <), worth, -1); @export most;`,
    undefined,
  ],
  ['llama', 'depth = selector_width(select(tokens, "a", ==)); even = depth % 2 == 0; @export even;', llama],
] as const;

describe.each(PROGRAMS)('a bit of a weight is flipped, on %s', (_, text, target) => {
  test('and is caught, or changes no output', async () => {
    const model = modelToCheck(`@vocab "abc"; @context 6; @causal; ${text}`, target === undefined ? {} : { target });
    const { map, program } = model;
    const source = model.folder.open(WEIGHTS);
    if (source === null) throw new Error('the model has no weights');
    const original = source.read(0, source.size).slice();
    const start = 8 + Number(new DataView(original.buffer).getBigUint64(0, true));
    const inputs = concatenate(
      adversarialInputs(map.vocabulary.length, map.context),
      randomInputs(map.vocabulary.length, map.context, 60, 5),
    );
    const random = seededRandom(7);
    const places = { zero: [] as number[], other: [] as number[] };
    const view = new DataView(original.buffer);
    for (let at = start; at < original.length; at += 4) (view.getUint32(at, true) === 0 ? places.zero : places.other).push(at);
    let [caught, passed] = [0, 0];
    for (let flip = 0; flip < FLIPS; flip++) {
      const among = flip % 5 === 4 ? places.zero : places.other;
      const at = among[Math.floor(random() * among.length)] as number;
      const bytes = original.slice();
      const changed = new DataView(bytes.buffer);
      // a zero becomes a number that could matter; of any other weight one bit changes
      if (among === places.zero) changed.setFloat32(at, 2 ** Math.floor(random() * 24 - 14), true);
      else changed.setUint32(at, (changed.getUint32(at, true) ^ (2 ** Math.floor(random() * 32))) >>> 0, true);
      const checkpoint = openCheckpoint(withWeight(model, bytes));
      if (!holds(() => checkCheckpoint({ map, checkpoint, program }))) {
        caught++;
        continue;
      }
      passed++;
      const subject = modelSubject(map, loadModel(checkpoint), program);
      expect((await verifyCheckpoint(subject, inputs, () => {})).failed, `bytes ${at} of ${WEIGHTS}`).toBe(0);
    }
    // neither everything nor nothing is caught; lookups stand more than counts
    expect(caught).toBeGreaterThan(FLIPS / 20);
    expect(passed).toBeGreaterThan(FLIPS / 20);
  });
});
