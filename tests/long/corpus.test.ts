/** The corpus at 16, 64 and 128 positions: proven, right from the bytes, and re-established; what is refused, and why. Prints a table. */
import { expect, test } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { CORPUS } from '../corpus/corpus.ts';
import { tryProgram } from '../corpus/try-program.ts';

const CONTEXTS = [16, 64, 128];

/**
 * The longest context of what is not compiled at all: an index that wraps around the length is decoded from one number over both, and a
 * quotient of an index less its remainder is not seen to be within the input where its table is cut.
 */
const REFUSED: ReadonlyMap<string, number> = new Map([
  ['double-each', 64],
  ['rotate-by-two', 16],
  ['rotate-by-modulo', 16],
]);

test.each(CONTEXTS.flatMap((context) => CORPUS.map((program) => [program.name, context, program] as const)))(
  '%s at %i',
  async (name, context, program) => {
    const started = process.cpuUsage();
    const tried = await tryProgram(program, context, 40).catch((error: unknown) => {
      if (error instanceof DiagnosticError) return error.diagnostics[0];
      throw error;
    });
    const seconds = (process.cpuUsage(started).user / 1e6).toFixed(1);
    if (tried === undefined || 'code' in tried) {
      console.log(`${name} at ${context}: refused, ${tried?.code} ${tried?.message} (${seconds} s)`);
      expect(context).toBeGreaterThan(REFUSED.get(name) ?? Number.POSITIVE_INFINITY);
      return;
    }
    expect(context).toBeLessThanOrEqual(REFUSED.get(name) ?? Number.POSITIVE_INFINITY);
    const { holds, margin, parameters, layers, verified, check } = tried;
    const checked = check();
    const proof = checked.kind === 'checked' && checked.holds ? 're-established' : 'not re-established';
    console.log(`${name} at ${context}: ${parameters} parameters, ${layers} layers, margin ${margin.toFixed(3)}, ${proof} (${seconds} s)`);
    expect(verified).toMatchObject({ failed: 0, counterexample: null });
    expect(holds).toBe(true);
  },
);
