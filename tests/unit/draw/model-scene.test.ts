/** Scenes of models: their own attention beside the ideal one, and what a change in their weights makes of it. */
import { expect, test } from 'vitest';
import type { OpenCheckpoint } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { readModel } from '../../../src/draw/model/model-reading.ts';
import { runModel } from '../../../src/draw/model/model-run.ts';
import { modelScene } from '../../../src/draw/model/model-scene.ts';
import type { SceneHead } from '../../../src/draw/scene/scene.ts';
import { drawText, PLAIN_DRAWING } from '../../../src/draw/text/draw-text.ts';
import { compileToFiles } from '../../../src/library/compile-to-files.ts';
import { openCompiled } from '../../../src/library/compiled-folder.ts';
import { loadModel } from '../../../src/runtime/model.ts';

const PROGRAM = `@vocab "abc"; @context 6; @causal;
hist = selector_width(select(tokens, tokens, ==));
last = aggregate(rightmost(select(tokens, "a", ==)), indices, -1);
@export hist;
@export last;
`;

function pictured(target: string, input: string, change?: OpenCheckpoint['change'], program = PROGRAM) {
  const { folder } = compileToFiles(program, { target });
  const { map, checkpoint } = openCompiled(folder);
  const model = loadModel({ ...checkpoint, ...(change === undefined ? {} : { change }) }, map.compute);
  const ids = Int32Array.of(map.bos.id, ...[...input].map((token) => map.vocabulary.find(({ value }) => value === token)?.id as number));
  const run = runModel(model, ids);
  return { run, scene: modelScene({ title: target, reading: readModel(map), run, input: [...input] }), sizes: model.config.sizes };
}

const headsOf = ({ layers }: { layers: readonly { heads: readonly SceneHead[] }[] }) => layers.flatMap(({ heads }) => heads);

test.each(['gpt2', 'llama', 'gpt-neox'])('%s looks where its program selects', (target) => {
  const { scene, run } = pictured(target, 'abcab');
  const heads = scene.layers.flatMap((layer) => layer.heads);
  expect(heads.length).toBeGreaterThanOrEqual(2);
  for (const { measured, ideal, results } of heads) {
    // on rotary families one head counts positions, which no selector of the program does
    if (ideal === null) expect(results.map(({ row }) => row.label)).toEqual(['indices']);
    expect(measured?.differs).toEqual([]);
  }
  expect(scene.outputs.map(({ label, values, held }) => [label, values.join(' '), held?.join('')])).toEqual([
    ['hist', '1 1 1 2 2', ''],
    ['last', '0 0 0 3 3', ''],
  ]);
  // weights of every query add up to 1, and none lies ahead of it
  for (const rows of run.attention.values()) {
    for (const [query, row] of rows.entries()) {
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      expect(row.slice(query + 1).every((weight) => weight === 0)).toBe(true);
    }
  }
});

test.each(['gpt2', 'llama'])('%s: an extreme looks where it is, at all that have it', (target) => {
  const program = '@vocab "0123"; @context 6; @causal; most = max_over(full_s, tokens_int); @export most;';
  const [{ ideal, measured, text }] = headsOf(pictured(target, '1312', undefined, program).scene).filter(({ text }) =>
    text.includes('largest'),
  ) as [SceneHead];
  expect(text).toBe('everything, the largest tokens');
  expect(ideal?.[3]).toEqual([0, 1, 0, 0]);
  expect(measured?.differs).toEqual([]);
  const tied = headsOf(pictured(target, '2323', undefined, program).scene).find(({ text }) => text.includes('largest'));
  expect(tied?.ideal?.[3]).toEqual([0, 0.5, 0, 0.5]);
  expect(tied?.measured?.differs).toEqual([]);
});

test('the share of BOS is what the count leaves of it', () => {
  const { scene, run } = pictured('gpt2', 'aab');
  const [head] = scene.layers.flatMap((layer) => layer.heads.filter(({ results }) => results.some(({ kind }) => kind === 'count')));
  // c selected keys share c / (W + c), so that odds are in the proportion of the counts
  const odds = (head?.measured?.bos ?? []).map((share) => (1 - share) / share);
  expect((odds[1] as number) / (odds[0] as number)).toBeCloseTo(2, 3);
  expect(odds[2]).toBeCloseTo(odds[0] as number, 6);
  expect(run.attention.size).toBe(headsOf(scene).length);
});

test('what differs is marked: in the grid, in what the head writes, in the outputs', () => {
  const { sizes } = pictured('gpt2', 'aab');
  const { scene } = pictured('gpt2', 'aab', (role, layer, values) => {
    if ((role !== 'query' && role !== 'queryBias') || layer !== 0) return null;
    return values.map(() => 0);
  });
  const heads = scene.layers.flatMap((layer) => (layer.number === 0 ? layer.heads : []));
  expect(heads.length).toBeGreaterThan(0);
  expect(heads.some(({ measured }) => (measured?.differs.length ?? 0) > 0)).toBe(true);
  expect(scene.outputs.some(({ held }) => held?.some((value) => value !== null))).toBe(true);
  const text = drawText(scene, { columns: 100, theme: PLAIN_DRAWING }).join('\n');
  expect(text).toMatch(/× query \d \(\w\), /);
  expect(text).toContain('≠');
  expect(sizes.layers).toBeGreaterThan(0);
});

test('a part of it is what one name is made of', () => {
  const { folder } = compileToFiles(PROGRAM);
  const { map, model } = openCompiled(folder);
  const run = runModel(model, Int32Array.of(map.bos.id, map.vocabulary[0]?.id as number));
  const request = { title: '', reading: readModel(map), run, input: ['a'] };
  const part = modelScene({ ...request, only: 'hist' });
  expect(part.outputs.map(({ label }) => label)).toEqual(['hist']);
  expect(headsOf(part).length).toBeLessThan(headsOf(modelScene(request)).length);
});
