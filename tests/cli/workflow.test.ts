/** The workflows of this project and of docs/continuous-integration.md: their commands are run here as they stand there, and their matrix is whole. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matrixEntries } from '../../scripts/families/matrix-entries.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { cli } from './run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-workflow-'));
  mkdirSync(join(folder, 'programs'));
  for (const name of ['hist', 'reverse']) cpSync(`programs/${name}.rasp`, join(folder, `programs/${name}.rasp`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lines of a workflow that call raspc, with the matrix filled in. */
function commands(workflow: string, values: Readonly<Record<string, string>>): string[] {
  return [...workflow.matchAll(/(?:node bin\/raspc\.js|npx raspc) (.*)/g)].map(([, line = '']) =>
    line.replace(/\$\{\{ matrix\.(\w+) \}\}/g, (_, name: string) => values[name] ?? ''),
  );
}

async function run(line: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const [command = '', file] = line.replace(/--(budget) \S+/, '--$1 1s').split(' > ');
  const argv = command.split(' ').flatMap((word) => (word.includes('*') ? glob(word) : [word]));
  const result = await cli(argv, { directory: folder });
  if (file !== undefined) writeFileSync(join(folder, file), result.stdout);
  return result;
}

function glob(pattern: string): string[] {
  const [directory = '', name = ''] = [pattern.slice(0, pattern.lastIndexOf('/')), pattern.slice(pattern.lastIndexOf('/') + 1)];
  const form = new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return readdirSync(join(folder, directory))
    .filter((each) => form.test(each))
    .map((each) => `${directory}/${each}`);
}

const own = readFileSync('.github/workflows/ci.yml', 'utf8');

describe.each([
  { program: 'hist', target: 'llama' },
  { program: 'reverse', target: 'bert' },
])('the workflow of this project, $program on $target', (values) => {
  test('runs to its end', async () => {
    rmSync(join(folder, 'out'), { recursive: true, force: true });
    const lines = commands(own, values);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['compile', 'lock', 'verify', 'verify']);
    for (const line of lines) expect(await run(line), line).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(folder, 'raspc.xml'), 'utf8')).toContain('failures="0"');
  });
});

test('the matrix has every program with the main families, every family with some, and GitHub takes so many', () => {
  const entries = matrixEntries();
  const programs = readdirSync('programs').filter((name) => name.endsWith('.rasp'));
  for (const name of programs) {
    const fitting = entries.filter(({ program }) => `${program}.rasp` === name).map(({ target }) => target);
    const isCausal = readFileSync(`programs/${name}`, 'utf8').includes('\n@causal;');
    expect(fitting, name).toEqual(expect.arrayContaining(isCausal ? ['gpt2', 'llama', 'gpt-neox', 'bert'] : ['bert']));
    const both: readonly string[] = TARGETS.filter(({ traits }) => traits.attention === 'bidirectional').map((target) => target.name);
    if (!isCausal)
      expect(
        fitting.filter((target) => !both.includes(target)),
        name,
      ).toEqual([]);
  }
  for (const { name } of TARGETS) expect(entries.filter(({ target }) => target === name).length, name).toBeGreaterThan(6);
  expect(entries.length).toBeLessThanOrEqual(256);
  expect(own).toMatch(/matrix: [$][{]{2} fromJson\(needs\.pairs\.outputs\.pairs\) [}]{2}/);
});

describe('the workflow of docs/continuous-integration.md', () => {
  const [, workflow = ''] = /```yaml\n(name: rasp\n[\s\S]*?)```/.exec(readFileSync('docs/continuous-integration.md', 'utf8')) ?? [];

  test('runs to its end on a project like it', async () => {
    rmSync(join(folder, 'out'), { recursive: true, force: true });
    rmSync(join(folder, 'raspc.lock'), { force: true });
    // what the project did before it wrote the workflow
    for (const line of ['compile programs/hist.rasp --target llama -o out/hist', 'lock out/hist']) {
      expect(await run(line)).toMatchObject({ code: 0 });
    }
    rmSync(join(folder, 'out'), { recursive: true });
    const lines = commands(workflow, { shard: '2' });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['check', 'compile', 'verify', 'verify']);
    for (const line of lines) expect(await run(line), line).toMatchObject({ code: 0, stderr: '' });
  });

  test('fails where the program no longer compiles to what was locked', async () => {
    const path = join(folder, 'programs/hist.rasp');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('selector_width(same_token)', 'selector_width(same_token) + 1').replace(/^@example.*$/m, ''));
    rmSync(join(folder, 'out'), { recursive: true, force: true });
    const lines = commands(workflow, { shard: '2' });
    expect(await run(lines[1] as string)).toMatchObject({ code: 0 });
    const { code, stdout } = await run(lines[2] as string);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error title=R7603::/m);
    writeFileSync(path, text);
  });
});
