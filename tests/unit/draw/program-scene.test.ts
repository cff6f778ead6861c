/** Scenes of programs: what stands where, what repeats, and what text makes of it. */
import { describe, expect, test } from 'vitest';
import { programScene } from '../../../src/draw/scene/program-scene.ts';
import type { Scene } from '../../../src/draw/scene/scene.ts';
import { drawText, PLAIN_DRAWING } from '../../../src/draw/text/draw-text.ts';
import { Evaluation } from '../../../src/graph/evaluate/evaluate.ts';
import { loadText } from '../../../src/library/load-text.ts';

function sceneOf(text: string, input: readonly string[], layer?: number): Scene {
  const program = loadText(text);
  const causal = program.causal?.value ?? false;
  return programScene({ title: 'a program', roots: program.exports, evaluation: new Evaluation(input, { causal }), causal, layer });
}

const drawn = (scene: Scene, columns = 100) => drawText(scene, { columns, theme: PLAIN_DRAWING });

const SORT = `@vocab "abc"; @context 8;
smaller = select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <));
rank = selector_width(smaller);
sorted = aggregate(select(rank, indices, ==), tokens, "");
@export sorted;
`;

describe('the scene of a program', () => {
  test('has heads in layers, with operands, shares, default and result', () => {
    const scene = sceneOf(SORT, ['b', 'a', 'a']);
    expect(scene.layers.map(({ number, heads }) => [number, heads.length])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    const [first, second] = scene.layers.map(({ heads }) => heads[0]);
    expect(first?.conditions.map(({ keys, operator, queries }) => `${keys.label} ${operator} ${queries.label}`)).toEqual([
      'tokens < tokens',
      'tokens == tokens',
      'indices < indices',
    ]);
    expect(first?.ideal).toEqual([
      [0, 0.5, 0.5],
      [0, 0, 0],
      [0, 1, 0],
    ]);
    expect(first?.results).toMatchObject([{ kind: 'count', reads: null, row: { label: 'rank', values: ['2', '0', '1'] } }]);
    expect(second?.results).toMatchObject([
      { kind: 'mean', reads: { label: 'tokens' }, otherwise: '""', row: { label: 'sorted', values: ['a', 'a', 'b'] } },
    ]);
    expect(scene.readers.get(first?.results[0]?.row.id ?? -1)).toEqual(['keys of head 2.1']);
    expect(scene.outputs).toMatchObject([{ label: 'sorted', values: ['a', 'a', 'b'] }]);
  });

  test('shows steps between heads, each after what it reads', () => {
    const scene = sceneOf('n = selector_width(select(tokens, "a", ==)); odd = n % 2 == 1; x = 3 if odd else indices; @export x;', [
      'a',
      'b',
      'c',
    ]);
    const steps = scene.layers.flatMap((layer) => layer.steps);
    expect(steps.map(({ row, text }) => `${row.label} = ${text}: ${row.values.join(' ')}`)).toEqual([
      'odd = (n % 2) == 1: T T T',
      'x = 3 if odd else indices: 3 3 3',
    ]);
    const [head] = scene.layers[0]?.heads ?? [];
    expect(head?.text).toBe('tokens == "a"');
    expect(steps[0]?.reads).toContain(head?.results[0]?.row.id);
  });

  const LOOP = `y = indices;
for k in range(9) { y = aggregate(select(indices, indices - 1, ==), y); }
@export y;
`;

  test('folds layers that repeat, and none of one that is asked for', () => {
    const scene = sceneOf(LOOP, ['a', 'b', 'c']);
    expect(scene.layers.filter(({ number }) => number > 0).map(({ number, folded }) => [number, folded])).toEqual([
      [1, 7],
      [9, 0],
    ]);
    expect(sceneOf(LOOP, ['a', 'b', 'c'], 5).layers.map(({ number }) => number)).toEqual([5]);
  });

  test('folds heads of a layer that repeat', () => {
    const text = `l = [aggregate(select(indices, k, ==), tokens, "") == "a" for k in range(6)];
x = l[0] and l[1] and l[2] and l[3] and l[4] and l[5]; @export x;`;
    const heads = sceneOf(text, ['a', 'b']).layers.find(({ number }) => number === 1)?.heads ?? [];
    expect(heads).toHaveLength(1);
    expect(heads[0]?.folded).toHaveLength(5);
    expect(sceneOf(text, ['a', 'b'], 1).layers[0]?.heads).toHaveLength(6);
  });
});

describe('as text', () => {
  test('is a grid with queries down and keys across', () => {
    expect(drawn(sceneOf(SORT, ['b', 'a', 'a'])).slice(0, 12)).toEqual([
      'a program · in both directions',
      '',
      'layer 1',
      '  head 1.1  smaller = (tokens < tokens) or ((tokens == tokens) and (indices < indices…',
      '               tokens │ b a a │',
      '              indices │ 0 1 2 │  rank',
      '    tokens  indices   ┼───────┤',
      '    b       0         │ · █ █ │     2',
      '    a       1         │ · · · │     0',
      '    a       2         │ · █ · │     1',
      '    rank is how many keys are selected  → keys of head 2.1',
      '',
    ]);
  });

  test('leaves out what a causal query does not see', () => {
    const lines = drawn(sceneOf('@causal; x = selector_width(select(1, 1, ==)); @export x;', ['a', 'b']));
    expect(lines.find((line) => line.startsWith('    a'))).toContain('│ █   │');
  });

  test.each([100, 60])('fits into %i columns, whatever is drawn', (columns) => {
    const input = Array.from({ length: 70 }, (_, at) => `a long token ${at}`);
    const text = `${'very_long_name_of_something'.repeat(3)} = aggregate(select(tokens, tokens, ==) and select(indices, indices, <=), tokens, "") ;
@export ${'very_long_name_of_something'.repeat(3)};`;
    const lines = drawn(sceneOf(text, input), columns);
    expect(lines.filter((line) => [...line].length > columns)).toEqual([]);
    expect(lines.some((line) => line.includes('more keys do not fit'))).toBe(true);
  });
});
