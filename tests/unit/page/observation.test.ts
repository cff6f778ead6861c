/** What a page shows of a run, and what breaking a part of the model makes of it. */
import { expect, test } from 'vitest';
import { readModel } from '../../../src/draw/model/model-reading.ts';
import { compileToFiles } from '../../../src/library/compile-to-files.ts';
import { openCompiled } from '../../../src/library/compiled-folder.ts';
import { type Break, changeOf, largestWeights } from '../../../src/page/client/live/breaks.ts';
import { observe } from '../../../src/page/data/observation.ts';
import { pageModel } from '../../../src/page/data/page-data.ts';
import { loadModel } from '../../../src/runtime/model.ts';

const PROGRAM = `@vocab "abc"; @context 6; @causal;
hist = selector_width(select(tokens, tokens, ==));
often = hist > 1;
@export often;
`;
const { folder } = compileToFiles(PROGRAM, { target: 'llama' });
const { map, checkpoint } = openCompiled(folder);
const reading = readModel(map);
const INPUT = ['a', 'b', 'a', 'a'];

function observed(breaks: readonly Break[]) {
  const model = loadModel({ ...checkpoint, ...changeOf(breaks, checkpoint.config) }, map.compute);
  return observe(reading, model, 'abaa', INPUT).observation;
}

test('a whole model is right everywhere, by a margin', () => {
  const { outputs, places, firstWrong, attention } = observed([]);
  expect(outputs).toMatchObject([{ name: 'often', values: ['F', 'F', 'T', 'T'], expected: ['F', 'F', 'T', 'T'] }]);
  expect(outputs[0]?.margins.every((margin) => margin !== null && margin > 0.5)).toBe(true);
  expect(firstWrong).toBeNull();
  const tokens = places[0]?.variables.find(({ index }) => map.variables[index]?.name === 'tokens');
  expect(tokens?.held.map(({ value }) => value)).toEqual(INPUT);
  expect(places.flatMap(({ variables }) => variables.flatMap(({ held }) => held.filter(({ isWrong }) => isWrong)))).toEqual([]);
  expect(attention.length).toBeGreaterThan(0);
});

test('a head that is silenced is the first to be wrong', () => {
  const box = pageModel('', reading, checkpoint.config, []).boxes.find(({ kind, writes }) => kind === 'head' && writes.length > 0);
  const { firstWrong, outputs } = observed([{ kind: 'head', layer: box?.place.layer ?? -1, head: box?.head ?? -1 }]);
  expect(firstWrong).toMatch(/^\w+ after layer \d attention, at /);
  expect(outputs[0]?.isWrong).toContain(true);
});

test('a weight that is changed shows in what follows, and the checkpoint stays', () => {
  const { weights, nonZero } = largestWeights(checkpoint, 0, 'value');
  const [weight] = weights;
  expect(nonZero).toBeGreaterThanOrEqual(weights.length);
  expect(weight?.value).not.toBe(0);
  const breaks: Break[] = weights.map(({ index }) => ({ kind: 'weight', layer: 0, role: 'value', index, value: 0 }));
  expect(observed(breaks)).not.toEqual(observed([]));
  expect(observed([]).firstWrong).toBeNull();
  expect(largestWeights(checkpoint, 0, 'value').weights[0]).toEqual(weight);
});

test('boxes read what is written before them, and every variable has a writer', () => {
  const { boxes, variables } = pageModel('', reading, checkpoint.config, []);
  const written = new Set<number>();
  for (const { reads, writes, kind } of boxes) {
    for (const variable of reads) expect(written.has(variable)).toBe(true);
    if (kind === 'output') expect(reads.length).toBeGreaterThan(0);
    for (const variable of writes) written.add(variable);
  }
  expect([...written].sort((a, b) => a - b)).toEqual(variables.map((_, at) => at));
});
