/** `@assume` through the commands: inputs that are not the program's are refused or left out, and proofs speak of the others. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { modelToCheck } from '../support/check-model.ts';
import { cli } from './run-cli.ts';

const MARKED = `@vocab "$ab"; @context 6;
@assume selector_width(select(tokens, "$", ==)) == 1;
where = aggregate(select(tokens, "$", ==), indices);
@export where;`;

/** In a causal program a mark may still be to come. */
const AT_MOST_ONE = `@vocab "$ab"; @context 6; @causal;
@assume selector_width(select(tokens, "$", ==)) <= 1 and selector_width(select(tokens, "a", ==)) < 3;
seen = aggregate(select(tokens, "$", ==), tokens, "-");
@export seen;`;

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-assume-'));
  writeFileSync(join(folder, 'marked.rasp'), MARKED);
  expect((await at('compile', 'marked.rasp', '--target', 'bert', '-o', 'model')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an input that breaks what is assumed', () => {
  test('is refused by run and by eval, and shown where it does', async () => {
    expect(await at('run', 'marked.rasp', '--input', 'ab$', 'a$b')).toMatchObject({ code: 0 });
    for (const command of [
      ['run', 'marked.rasp'],
      ['eval', 'model'],
    ]) {
      const { code, stderr } = await at(...command, '--input', 'a$$');
      expect(code).toBe(1);
      expect(stderr).toContain('error[R3510]');
      expect(stderr).toContain('@assume selector_width');
    }
  });

  test('is no example', async () => {
    writeFileSync(join(folder, 'example.rasp'), `${MARKED}\n@example where("ab") == [0, 0];`);
    expect((await at('check', 'example.rasp')).stderr).toContain('error[R3510]');
  });

  test('is left out when all inputs are tried', async () => {
    const { stdout, code } = await at('verify', 'model', '--format', 'json');
    expect(code).toBe(0);
    // of 3 + 9 + … those with one mark: n · 2^(n - 1) of length n
    const admitted = [1, 2, 3, 4, 5, 6].reduce((sum, n) => sum + n * 2 ** (n - 1), 0);
    expect(JSON.parse(stdout)).toMatchObject({ checked: admitted, excluded: 1092 - admitted, failed: 0, proof: { holds: true } });
  });

  test('is repaired, not only left out, where inputs are made', async () => {
    const result = JSON.parse((await at('verify', 'model', '--samples', '100', '--format', 'json')).stdout) as { checked: number };
    expect(result.checked).toBeGreaterThan(100);
  });

  test('stands in the circuit map in words', () => {
    const map = JSON.parse(readFileSync(join(folder, 'model', 'raspc.json'), 'utf8')) as { assumes: string[] };
    expect(map.assumes).toEqual(['selector_width(select(tokens, "$", ==)) == 1']);
  });
});

describe('the checker', () => {
  test.each([
    ['a bidirectional program', MARKED, bert],
    ['a causal one', AT_MOST_ONE, gpt2],
    ['a causal one in a model that sees all', AT_MOST_ONE, bert],
  ])('re-establishes %s with what it assumes, and not without', (_, source, target) => {
    const { check, program } = modelToCheck(source, { target });
    expect(check()).toMatchObject({ kind: 'checked', holds: true });
    (program as { assumes: unknown }).assumes = [];
    const result = check();
    expect(result.kind === 'checked' && result.holds).toBe(false);
  });
});
