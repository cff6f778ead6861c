/** How the command line itself is read: help, versions, and what is wrong usage. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { cli } from './run-cli.ts';

describe('raspc', () => {
  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await cli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('--help lists every command and ends with an example', async () => {
    const { code, stdout } = await cli(['--help']);
    expect(code).toBe(0);
    for (const [name, { summary }] of Object.entries(COMMANDS)) expect(stdout).toMatch(new RegExp(`^ {2}${name} +${summary}$`, 'm'));
    expect(stdout).toMatch(/Example:\n {2}raspc .+\n$/);
  });

  test('alone it shows the help on standard error, as wrong usage', async () => {
    const { code, stdout, stderr } = await cli([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: raspc COMMAND');
  });
});

describe.each(Object.keys(COMMANDS))('raspc %s', (name) => {
  test.each([[[name, '--help']], [[name, '-h']], [['help', name]]])('%j shows its options and a real example', async (argv) => {
    const { code, stdout, stderr } = await cli(argv);
    expect([code, stderr]).toEqual([0, '']);
    for (const option of ['--format', '--color', '--quiet', '--help']) expect(stdout).toContain(option);
    expect(stdout).toMatch(new RegExp(`Example:\\n {2}\\$ raspc ${name} .+\\n$`));
  });

  test('refuses an option that it does not have', async () => {
    const { code, stdout, stderr } = await cli([name, '--colour', 'never']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`error[R8002]: \`raspc ${name}\` has no option \`--colour\``);
    expect(stderr).toContain('did you mean `--color`?');
  });
});

describe('wrong usage', () => {
  test.each([
    [['chek'], 'R8001', 'did you mean `raspc check`?'],
    [['frobnicate'], 'R8001', 'raspc --help'],
    [['--verbose'], 'R8002', ''],
    [['run'], 'R8003', ''],
    [['run', 'programs/hist.rasp', '--input'], 'R8003', ''],
    [['explain', 'R2001', 'R2002'], 'R8006', '`R2002`'],
    [['explain', 'R0001'], 'R8007', ''],
    [['check', 'programs/hist.rasp', '--format', 'yaml'], 'R8004', '`json`, `github` or `sarif`'],
    [['check', 'programs/hist.rasp', '--color', 'pink'], 'R8004', '`auto`, `always` or `never`'],
    [['verify', 'out', '--samples', '1.5'], 'R8004', 'a whole number'],
    [['verify', 'out', '--samples', '5', '--exhaustive'], 'R8005', ''],
    [['compile', 'programs/hist.rasp', '-o', 'out', '--causal', '--bidirectional'], 'R8005', ''],
    [['compile', 'programs/hist.rasp'], 'R8003', '`--output`'],
  ])('%j is %s', async (argv, code, hint) => {
    const result = await cli(argv);
    expect(result.code).toBe(2);
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(new RegExp(`^error\\[${code}\\]: `));
    expect(result.stderr).toContain(hint);
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  test('under --format json it is one document on standard output too', async () => {
    const { code, stdout } = await cli(['run', '--format', 'json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, diagnostics: [{ code: 'R8003', severity: 'error' }] });
  });
});

describe('colour', () => {
  const refused = ['explain', 'R0001'];
  test.each([
    ['a terminal has it', { terminal: true }, [], true],
    ['a pipe has none', {}, [], false],
    ['NO_COLOR takes it away', { terminal: true, environment: { NO_COLOR: '1' } }, [], false],
    ['TERM=dumb takes it away', { terminal: true, environment: { TERM: 'dumb' } }, [], false],
    ['FORCE_COLOR gives it to a pipe', { environment: { FORCE_COLOR: '1' } }, [], true],
    ['--color always is stronger than NO_COLOR', { environment: { NO_COLOR: '1' } }, ['--color', 'always'], true],
    ['--color=never is stronger than a terminal', { terminal: true }, ['--color=never'], false],
  ])('%s', async (_, options, extra, colored) => {
    const { stderr } = await cli([...refused, ...extra], options);
    expect(stderr.includes('\x1b[')).toBe(colored);
  });
});

describe('raspc explain', () => {
  test('tells of one diagnostic, with what is wrong and what is right', async () => {
    const { code, stdout } = await cli(['explain', 'r8201']);
    expect(code).toBe(0);
    expect(stdout).toContain('error[R8201]');
    expect(stdout).toMatch(/Wrong:\n\n {4}\$ raspc run .*\n\nRight:\n\n {4}\$ raspc run /);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(140);
  });

  test('lists all of them, each with a sentence', async () => {
    const { stdout } = await cli(['explain']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(50);
    for (const line of lines) expect(line).toMatch(/^[RW][1-9]\d{3} {2}\S.*[.:]$/);
  });

  test('speaks JSON', async () => {
    const { stdout } = await cli(['explain', 'R8201', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'R8201', severity: 'error' });
  });
});
