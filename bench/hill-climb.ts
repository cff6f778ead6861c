/**
 * Looks for inputs on which a model is as far off as it gets: from random ones and those at the edges, by changing a token at a time and
 * keeping what makes it worse. Random inputs alone seldom meet the rare combinations that add up.
 */
import type { Value } from '../src/graph/value.ts';
import { compareOutput, type Logits } from '../src/verify/decode.ts';
import { adversarialInputs, randomInputs } from '../src/verify/inputs.ts';
import { Random } from '../src/verify/random.ts';
import type { Subject } from '../src/verify/verify-checkpoint.ts';

/** A number may be off by this, relative to the larger of 1 and itself. */
const NUMERIC_TOLERANCE = 1e-3;
/** Steps that make nothing worse before the search starts anew. */
const PATIENCE = 20;

/**
 * The largest error found, as a part of what is allowed: of a category how much the right logit's lead of 1 has shrunk, of a number how far
 * it is off. From 1 on an output is wrong.
 *
 * @param tries runs of the model
 */
export async function hillClimb(subject: Subject, context: number, tries: number, seed: number): Promise<number> {
  const random = new Random(seed, 0);
  const { length: vocabulary } = subject.vocabulary;
  const edges = adversarialInputs(vocabulary, context);
  const starts = randomInputs(vocabulary, context, tries, seed);
  let worst = 0;
  let [start, spent] = [0, 0];
  while (spent < tries) {
    const fromEdges = start % 2 === 0 && edges.count > 0;
    let input = fromEdges ? edges.at(random.below(edges.count)) : starts.at(start % tries);
    start++;
    let own = await errorOn(subject, input);
    spent++;
    for (let idle = 0; idle < PATIENCE && spent < tries; idle++) {
      const next = input.slice();
      next[random.below(next.length)] = random.below(vocabulary);
      const error = await errorOn(subject, next);
      spent++;
      if (!(error > own)) continue;
      [input, own, idle] = [next, error, 0];
    }
    worst = Math.max(worst, own);
  }
  return worst;
}

async function errorOn(subject: Subject, input: Uint32Array): Promise<number> {
  const ids = Int32Array.of(subject.bos, ...Array.from(input, (token) => subject.ids[token] as number));
  const [logits] = await subject.model([ids]);
  const expected = subject.program(Array.from(input, (token) => subject.vocabulary[token] as Value));
  let worst = 0;
  for (const [index, output] of subject.outputs.entries()) {
    for (let position = 0; position < input.length; position++) {
      const value = expected[index]?.[position] as Value;
      const { margin, error } = compareOutput(output, logits as Logits, position, value, subject.tolerance);
      if (margin !== null) worst = Math.max(worst, 1 - margin);
      if (error !== null) worst = Math.max(worst, error / (NUMERIC_TOLERANCE * Math.max(1, Math.abs(Number(value)))));
    }
  }
  return worst;
}
