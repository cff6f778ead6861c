/** What is said of a circuit's course through training. */
import { expect, test } from 'vitest';
import { courseOf } from '../../../src/cli/drift/drift-words.ts';
import type { History } from '../../../src/cli/drift/measure-checkpoints.ts';

/** A circuit whose entries are as they were, and how often it was right at each checkpoint. */
function course(accuracies: readonly (number | null)[]): string {
  const points = accuracies.map((accuracy, at) => ({
    step: 100 * at,
    path: `ckpt-${at}`,
    drift: { circuits: [{ name: 'it', verdict: 'works', causes: [], accuracy }] },
  }));
  return courseOf({ points } as unknown as History, 'it');
}

test('a circuit works if it did, and is right', () => {
  expect(course([0.99, 0.98])).toBe('works to the end');
  expect(course([null, null])).toBe('works to the end');
});

test('one that the model outvotes works, and is not heard', () => {
  expect(course([0.99, 0.12])).toContain('works to the end; the rest of the model outvotes it, and says its answer 12% of the time');
});

test('one that never was right does not work, however its entries are', () => {
  expect(course([0, 0])).toBe('is as it was written, and right 0% of the time: it was 0% before any training');
  // right by training, with its entries as they were
  expect(course([0.1, 0.9])).toBe('works to the end');
});
