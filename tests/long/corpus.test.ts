/** The corpus at 16, 64 and 128 positions, a part with every commit: proven, right from the bytes, re-established. What is refused is refused as its entry says. */
import { expect, test } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { CORPUS } from '../corpus/corpus.ts';
import { tryProgram } from '../corpus/try-program.ts';
import { someOf } from '../support/sampling.ts';

const CONTEXTS = [16, 64, 128];
/** Programs and contexts that a run takes. */
const CELLS = 110;

const cells = CONTEXTS.flatMap((context) => CORPUS.map((program) => [program.name, context, program] as const));

test.each(someOf(cells, CELLS, 0))('%s at %i', async (name, context, program) => {
  const started = process.cpuUsage();
  const tried = await tryProgram(program, context, 40).catch((error: unknown) => {
    if (error instanceof DiagnosticError) return error.diagnostics[0];
    throw error;
  });
  const seconds = (process.cpuUsage(started).user / 1e6).toFixed(1);
  const { refused } = program;
  if (refused !== undefined && context >= refused.from) {
    expect(tried).toMatchObject({ code: refused.code });
    return;
  }
  if (tried === undefined || 'code' in tried) throw new Error(`refused, ${tried?.code} ${tried?.message} (${seconds} s)`);
  const { holds, margin, parameters, layers, verified, check } = tried;
  const checked = check();
  const proof = checked.kind === 'checked' && checked.holds ? 're-established' : 'not re-established';
  console.log(`${name} at ${context}: ${parameters} parameters, ${layers} layers, margin ${margin.toFixed(3)}, ${proof} (${seconds} s)`);
  expect(verified).toMatchObject({ failed: 0, counterexample: null });
  expect(holds).toBe(true);
});
