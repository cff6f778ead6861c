/** `raspc match` on models in which it is known of one neuron what it computes, and on models in which no neuron computes anything. */
import { expect, test } from 'vitest';
import { neuronCases, tryNeuronCase } from '../../bench/match/neuron-cases.ts';
import { someOf } from '../support/sampling.ts';

/** Those of which all are known to be found: noise may hide one. */
const CASES = neuronCases(12).filter(({ kind }) => kind !== 'neuron, noisy');

test('planted neurons are found, by the name of their class, and others are not', { timeout: 3_600_000 }, async () => {
  let [planted, found, wrong] = [0, 0, 0];
  for (const each of someOf(CASES, 4, 0)) {
    const outcome = await tryNeuronCase(each);
    planted += outcome.planted;
    found += outcome.found;
    wrong += outcome.wrong;
  }
  expect(found).toBe(planted);
  expect(wrong).toBe(0);
});
