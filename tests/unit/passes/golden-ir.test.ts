/**
 * What every stage of the compiler leaves of the example programs, as `compile --dump-ir` prints it, against tests/golden/ir: a change of a pass
 * is read there like code. `npm run golden-ir` writes the files anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.ts';
import { STAGES, type StageName } from '../../../src/compiler/options.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';

const repository = resolve(import.meta.dirname, '../../..');
const PROGRAMS = readdirSync(resolve(repository, 'programs')).filter((name) => name.endsWith('.rasp'));
/** Long enough that everything occurs, short enough to be read. */
const CONTEXT = 6;
/** As long as these lines may get, on which nobody reads anything. */
const LONGEST_LINE = 240;

/** Floats to four digits, so that rounding of the host's own functions does not show; lines that go on and on are cut. */
function compact(text: string): string {
  return text
    .replaceAll(/-?\d+\.\d+(?:e[+-]?\d+)?/g, (float) => String(Number(Number(float).toPrecision(4))))
    .split('\n')
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} … ${line.length - LONGEST_LINE} more` : line))
    .join('\n');
}

function stagesOf(name: string): string {
  const file = sourceFile(`programs/${name}`, readFileSync(resolve(repository, 'programs', name), 'utf8'));
  const program = loadProgram({ file, loader: () => null, context: CONTEXT });
  const target = program.causal?.value ? gpt2 : bert;
  const left = new Map<StageName, string>();
  const observe = (stage: StageName, print: () => string) => left.set(stage, print());
  compile(program, { target, dtype: 'f32', compute: 'f32', context: CONTEXT, observe });
  expect([...left.keys()]).toEqual([...STAGES]);
  return STAGES.map((stage) => `== ${stage}\n${compact(left.get(stage) ?? '')}`).join('\n');
}

describe('what stages leave', () => {
  test('of twenty-five programs', () => {
    expect(PROGRAMS.length).toBe(25);
  });

  test.each(PROGRAMS)('of %s', async (name) => {
    await expect(stagesOf(name)).toMatchFileSnapshot(`../../golden/ir/${name.replace('.rasp', '.txt')}`);
  });
});
