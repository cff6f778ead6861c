/** `raspc compile -O3` proves its schedule, writes the same bytes every time, and `lock` knows that it did. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'raspc-optimize-'));
beforeAll(() => {
  const shuffled = `@vocab "()[]"; @context 8; @causal;
def balance(open, close) { return selector_width(select(tokens, open, ==)) - selector_width(select(tokens, close, ==)); }
balanced = balance("(", ")") == 0 and balance("[", "]") == 0;
@export balanced;
`;
  writeFileSync(join(directory, 'balanced.rasp'), shuffled);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const at = (...argv: string[]) => cli(argv, { directory });

test('the schedule is proven, and the bytes are the same every time', async () => {
  const first = await at('compile', 'balanced.rasp', '-O3', '-o', 'first');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toContain('\n  schedule optimal: ');
  const second = await at('compile', 'balanced.rasp', '--optimize', '3', '-o', 'second', '--format', 'json');
  const { schedule } = JSON.parse(second.stdout) as { schedule: { value: number; bound: number }[] };
  expect(schedule.length).toBeGreaterThan(0);
  for (const { value, bound } of schedule) expect(bound).toBe(value);
  for (const file of ['raspc.json', 'model.safetensors', 'config.json']) {
    expect(readFileSync(join(directory, 'second', file)).equals(readFileSync(join(directory, 'first', file))), file).toBe(true);
  }
});

test('a lock says that it was asked for', async () => {
  expect(await at('compile', 'balanced.rasp', '-O3', '-o', 'model')).toMatchObject({ code: 0 });
  expect(await at('lock', 'model')).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(join(directory, 'raspc.lock'), 'utf8')).toContain('"-O3"');
  expect(await at('verify', 'model', '--locked', '--samples', '20')).toMatchObject({ code: 0 });
});

test('without it nothing is said of the schedule', async () => {
  const { stdout } = await at('compile', 'balanced.rasp', '-o', 'default');
  expect(stdout).not.toContain('schedule');
  expect(readFileSync(join(directory, 'default', 'raspc.json'), 'utf8')).not.toContain('exactSchedule');
});
