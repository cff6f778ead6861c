/** Warnings on the command line: how they are shown, what they do to exit codes, what `--target` and `--dry-run` add. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

const ODD = '@vocab "abc";\n@context 8;\n@causal;\nx = tokens if tokens == "A" else "b";\n@export x;\n@example x("a") == ["b"];\n';
const BOTH_WAYS =
  '@vocab "ab";\n@context 4;\n@bidirectional;\nx = aggregate(select(indices, length - 1 - indices, ==), tokens);\n@export x;\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-warnings-'));
  writeFileSync(join(folder, 'odd.rasp'), ODD);
  writeFileSync(join(folder, 'both ways.rasp'), BOTH_WAYS);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const raspc = (...argv: string[]) => cli(argv, { directory: folder });

describe('a warning', () => {
  test('is shown, and is no failure', async () => {
    const { code, stdout, stderr } = await raspc('check', 'odd.rasp');
    expect(stderr).toContain('warning[W3002]: "a", "b", "c" and "A" have no value in common');
    expect(stderr).toContain('= note: and so the condition `tokens == "A"` is false everywhere');
    expect([code, stdout]).toEqual([0, 'ok odd.rasp, 1 example holds, 1 warning\n']);
  });

  test('fails where warnings are denied', async () => {
    expect((await raspc('check', 'odd.rasp', '--deny-warnings')).code).toBe(1);
    expect((await raspc('check', 'both ways.rasp', '--deny-warnings')).code).toBe(0);
    const { code, stdout } = await raspc('check', 'odd.rasp', '--deny-warnings', '--format', 'json');
    expect([code, JSON.parse(stdout).ok]).toEqual([1, false]);
  });

  test('comes with its fixes in JSON', async () => {
    const { stdout } = await raspc('check', 'odd.rasp', '--format', 'json');
    const { ok, diagnostics } = JSON.parse(stdout);
    expect(ok).toBe(true);
    const edit = { file: 'odd.rasp', line: 4, column: 25, endLine: 4, endColumn: 28, text: '"a"' };
    expect(diagnostics).toMatchObject([{ code: 'W3002', severity: 'warning', fixes: [{ title: 'write `"a"`', edits: [edit] }] }]);
  });

  test('is an annotation', async () => {
    const { stdout } = await raspc('check', 'odd.rasp', '--format', 'github');
    expect(stdout).toMatch(/^::warning file=odd.rasp,line=4,endLine=4,col=15,endColumn=28,title=W3002::/);
  });

  test('is a result in SARIF', async () => {
    const { code, stdout } = await raspc('check', 'odd.rasp', 'both ways.rasp', '--target', 'gpt2', '--format', 'sarif');
    const [{ tool, results }] = JSON.parse(stdout).runs;
    expect(code).toBe(1);
    expect(tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['R4008', 'W3002']);
    expect(results[0]).toMatchObject({ ruleId: 'W3002', ruleIndex: 1, level: 'warning' });
    expect(results[0].locations[0].physicalLocation.region).toEqual({ startLine: 4, startColumn: 15, endLine: 4, endColumn: 28 });
    expect(results[0].fixes[0].artifactChanges[0].replacements[0].insertedContent).toEqual({ text: '"a"' });
    expect(results[1].locations[0].physicalLocation.artifactLocation).toEqual({ uri: 'both%20ways.rasp' });
  });
});

test('`check --target` says what compiling would', async () => {
  const plain = await raspc('check', 'both ways.rasp');
  expect([plain.code, plain.stderr]).toEqual([0, '']);
  const checked = await raspc('check', 'both ways.rasp', '--target', 'gpt2');
  const compiled = await raspc('compile', 'both ways.rasp', '--target', 'gpt2', '-o', 'out');
  expect(checked.code).toBe(1);
  expect(checked.stderr).toBe(compiled.stderr);
  expect((await raspc('check', 'both ways.rasp', '--target', 'bert')).code).toBe(0);
});

test('`compile --dry-run` tells what it would write, and writes nothing', async () => {
  const { code, stdout } = await raspc('compile', 'odd.rasp', '--dry-run', '-o', 'dry');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^would write dry: x as a GPT2LMHeadModel\n/);
  expect(existsSync(join(folder, 'dry'))).toBe(false);
  const json = JSON.parse((await raspc('compile', 'odd.rasp', '--dry-run', '--format', 'json')).stdout);
  expect(json).toMatchObject({ dir: null, target: 'gpt2', certificate: { holds: true } });
  expect(json.files.map(({ path }: { path: string }) => path)).toContain('model.safetensors');
  expect((await raspc('compile', 'both ways.rasp', '--dry-run')).code).toBe(1);
});
