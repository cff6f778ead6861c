/** Computed positions are small however they are written: no table over the position and the length. */
import { describe, expect, test } from 'vitest';
import { parametersOf } from '../../../src/compiler/check-capacity.ts';
import { plan } from '../../../src/compiler/plan.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';

const WAYS: readonly (readonly [string, string])[] = [
  ['a rotation by a remainder', 'said = aggregate(select(indices, (indices + 2) % length, ==), tokens);'],
  [
    'an exchange of the ends',
    'j = length - 1 if indices == 0 else (0 if indices == length - 1 else indices); said = aggregate(select(indices, j, ==), tokens);',
  ],
  [
    'interleaved halves',
    'h = round(length / 2 + 0.25); j = round(indices / 2) if indices % 2 == 0 else h + round((indices - 1) / 2); said = aggregate(select(indices, j, ==), tokens);',
  ],
];

function planned(text: string, context: number) {
  const source = `@vocab "abcdefghijklmnopqrstuvwxyz"; @context ${context}; ${text} @export said;`;
  const program = loadProgram({ file: sourceFile('places.rasp', source), loader: () => null });
  const { placement, assumptions, ids, certificate } = plan(program, { target: bert, dtype: 'f32', compute: 'f32' });
  return { parameters: parametersOf(placement, assumptions, ids), holds: certificate.holds };
}

describe.each(WAYS)('%s', (_, text) => {
  test('is planned, and grows with the context as heads and neurons do', () => {
    const [few, some, many] = [20, 40, 80].map((context) => planned(text, context)) as [
      ReturnType<typeof planned>,
      ReturnType<typeof planned>,
      ReturnType<typeof planned>,
    ];
    for (const each of [few, some, many]) expect(each.holds).toBe(true);
    expect(some.parameters).toBeLessThan(4 * few.parameters);
    expect(many.parameters).toBeLessThan(4 * some.parameters);
    expect(many.parameters).toBeLessThan(50_000);
  });
});
