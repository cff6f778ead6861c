import { expect, test } from 'vitest';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { lowerSources } from '../../../src/seed/host/compile-seed.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { newModelConfig } from '../../../src/targets/model-config.ts';

const SIZES = { vocab: 40, positions: 16, width: 256, layers: 4, heads: 4, kvHeads: 4, dim: 64, hidden: 512, types: 0, outputs: 40 };
const HEAD = '@vocab ["a", "b", "c"]; @context 6; @causal; n = selector_width(select(tokens == "a", True, ==));';
const COUNT = '@export n;';
const MANY = 'many = n > 2; @export many;';

const program = (text: string) => loadProgram({ file: sourceFile('p.rasp', text), loader: () => null });
const lowered = (...sources: { text: string; ids: number[] }[]) =>
  lowerSources(
    sources.map(({ text, ids }) => ({ program: program(HEAD + text), ids })),
    newModelConfig(gpt2, SIZES),
    6,
  );

test('what two programs over the same tokens have in common is computed once', () => {
  const ids = [3, 5, 7];
  const together = lowered({ text: COUNT, ids }, { text: MANY, ids });
  const one = lowered({ text: COUNT + MANY, ids });
  expect(together.circuit.components).toHaveLength(one.circuit.components.length);
  expect(together.circuit.components.filter(({ kind }) => kind === 'head')).toHaveLength(1);
  expect(together.parts.map(({ features }) => features.map(({ name }) => name))).toEqual([['n'], ['many']]);
});

test('the same program over other tokens is another circuit', () => {
  const apart = lowered({ text: COUNT, ids: [3, 5, 7] }, { text: MANY, ids: [4, 5, 7] });
  expect(apart.circuit.components.filter(({ kind }) => kind === 'head')).toHaveLength(2);
  expect([...apart.ids.values()].map(({ ids }) => ids[0])).toEqual([3, 4]);
});
