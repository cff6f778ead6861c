/** docs/training.md: its commands and its script, run as they stand there, from seeding to the page of drift. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from '../build.ts';
import { cli } from '../cli/run-cli.ts';

const ROOT = resolve(import.meta.dirname, '../..');

let folder: string;
beforeAll(async () => {
  // pages are made of what the build leaves
  await build();
  folder = mkdtempSync(join(tmpdir(), 'raspc-chapter-'));
  for (const name of ['programs', 'studies', 'python']) symlinkSync(join(ROOT, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('from raspc seed to a trained model and its page', async () => {
  const chapter = readFileSync(join(ROOT, 'docs/training.md'), 'utf8');
  const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(chapter)?.[1] as string;
  const commands = block('sh').trim().split('\n');
  const script = block('python');
  expect(
    commands.length +
      script
        .trim()
        .split('\n')
        .filter((line) => line !== '').length,
  ).toBeLessThanOrEqual(20);
  writeFileSync(join(folder, 'train.py'), `import sys; sys.path.insert(0, "python")\n${script}`);
  for (const command of commands) {
    const [tool, ...argv] = command.split(' ') as [string, ...string[]];
    if (tool === 'python') execFileSync(process.env.RASPC_PYTHON as string, argv, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    else {
      const { code, stdout, stderr } = await cli(argv, { directory: folder });
      expect([code, stderr.replace(/^wrote .*\n/, '')]).toEqual([0, '']);
      if (argv[0] === 'drift') expect(stdout).toMatch(/induction works to the end/);
    }
  }
  const rows = readFileSync(join(folder, 'out/monitor/monitor.csv'), 'utf8').trim().split('\n');
  expect(rows.map((row) => row.split(',')[0])).toEqual(['step', '0', '20', '40', '60']);
  expect(readFileSync(join(folder, 'out/drift.html'), 'utf8')).toContain('What training made of induction');
});
