/** The recorded answers of the reference, as its REPL printed them: ours prints the same, to the character. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ReplSession } from '../../../src/repl/session/repl-session.ts';

interface Golden {
  readonly tag: string;
  readonly program: string;
  readonly setup: string;
  readonly input: string | readonly (string | number | boolean)[] | null;
  readonly kind: 'sop' | 'selector' | 'value' | 'error';
  readonly prints: string;
}

const lines = readFileSync(new URL('../../fixtures/rasp-goldens.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const goldens = lines.map((line) => JSON.parse(line) as Golden).filter(({ kind }) => kind !== 'error');

/** An input as a literal of the language, which has no exponents. */
function literal(input: Golden['input']): string {
  if (typeof input === 'string') return `"${input}"`;
  return `[${(input ?? []).map((value) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : typeof value === 'string' ? `"${value}"` : number(value))).join(', ')}]`;
}

function number(value: number): string {
  if (Math.abs(value) >= 1e15) return `${BigInt(value)}.0`;
  return Number.isInteger(value) ? String(value) : value.toFixed(12).replace(/0+$/, '');
}

describe('the reference', () => {
  test.each(goldens.map((golden, index) => [index, golden.tag, golden.program, golden] as const))(
    '%i %s: %s',
    (_index, _tag, _program, golden) => {
      const session = new ReplSession({ loader: () => null });
      if (golden.input !== null) expect(session.feed(`set example ${literal(golden.input)}`)).toBe('');
      for (const line of golden.setup.split('\n').filter((text) => text !== '')) session.feed(line);
      const printed = session.feed(golden.input === null ? `${golden.program};` : `(${golden.program})(${literal(golden.input)});`);
      expect(printed).toBe(`${golden.prints}\n`);
    },
  );
});
