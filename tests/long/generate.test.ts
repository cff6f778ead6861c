/** The programs of programs/generate whose proof is too long for the everyday tests. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LONG_PROOFS, modelToCheck } from '../support/check-model.ts';

test.each(LONG_PROOFS)('%s is proven', (name) => {
  const { check } = modelToCheck(readFileSync(`programs/generate/${name}.rasp`, 'utf8'));
  expect(check()).toMatchObject({ kind: 'checked', holds: true });
});
