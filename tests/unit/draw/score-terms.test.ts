/** The terms of a score add up to what the model's own attention comes from. */
import { expect, test } from 'vitest';
import { readModel } from '../../../src/draw/model/model-reading.ts';
import { headKey, runModel } from '../../../src/draw/model/model-run.ts';
import { scorer } from '../../../src/draw/model/score-terms.ts';
import { compileToFiles } from '../../../src/library/compile-to-files.ts';
import { openCompiled } from '../../../src/library/compiled-folder.ts';

const PROGRAM = `@vocab "abc"; @context 6;
same = select(tokens, tokens, ==) and select(indices, indices, <);
seen = selector_width(same);
x = aggregate(rightmost(select(seen, seen, ==)), tokens, "a");
@export x;
`;

test.each(['gpt2', 'llama', 'gpt-neox', 'phi', 'gemma', 'qwen3', 'olmo2', 'gemma3', 'granite', 'bert'])('%s', (target) => {
  const { folder } = compileToFiles(PROGRAM, { target, causal: target !== 'bert' });
  const { map, checkpoint, model } = openCompiled(folder);
  const ids = Int32Array.of(map.bos.id, ...[...'abcab'].map((token) => map.vocabulary.find(({ value }) => value === token)?.id as number));
  const reading = readModel(map);
  const run = runModel(model, ids);
  expect(reading.heads.length).toBeGreaterThanOrEqual(2);
  for (const { layer, head } of reading.heads) {
    const score = scorer(checkpoint, reading, run, layer, head);
    const rows = run.attention.get(headKey(layer, head));
    for (const [query, row] of (rows ?? []).entries()) {
      const seen = map.causal ? query + 1 : row.length;
      const scores = Array.from({ length: seen }, (_, key) => score(query, key));
      for (const { terms, total } of scores) expect(terms.reduce((sum, { amount }) => sum + amount, 0)).toBeCloseTo(total, 9);
      const largest = Math.max(...scores.map(({ total }) => total));
      const weights = scores.map(({ total }) => Math.exp(total - largest));
      const sum = weights.reduce((all, weight) => all + weight, 0);
      for (const [key, weight] of weights.entries()) expect(weight / sum).toBeCloseTo(row[key] as number, 3);
    }
  }
});
