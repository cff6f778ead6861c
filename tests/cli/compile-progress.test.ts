/** `raspc compile` says what it is at, on a terminal and where it takes over a second; else nothing. */
import { expect, test } from 'vitest';
import { cli } from './run-cli.ts';

const compile = ['compile', 'programs/hist.rasp', '--explain-cost'];

/** A clock on which every look costs some time. */
function clock(milliseconds: number): () => number {
  let now = 0;
  return () => {
    now += milliseconds;
    return now;
  };
}

test('each stage is named while it lasts, and the line is taken away', async () => {
  const { stderr } = await cli(compile, { terminal: true, now: clock(400) });
  const lines = stderr.split('\r\x1b[K');
  expect(lines).toContainEqual(expect.stringMatching(/^compiling {2}\d+ s {2}choosing heads and neurons$/));
  expect(lines).toContainEqual(expect.stringMatching(/ {2}bounding errors$/));
  expect(stderr.endsWith('\r\x1b[K')).toBe(true);
});

test('nothing is said in less than a second, without a terminal, or where quiet is asked for', async () => {
  expect((await cli(compile, { terminal: true, now: clock(1) })).stderr).toBe('');
  expect((await cli(compile, { now: clock(400) })).stderr).toBe('');
  expect((await cli([...compile, '--quiet'], { terminal: true, now: clock(400) })).stderr).toBe('');
});
