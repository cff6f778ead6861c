/** What is refused is refused soon, however much a short program means. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, test } from 'vitest';
import { nastyPrograms } from '../../bench/nasty/nasty-programs.ts';
import { cli } from '../cli/run-cli.ts';
import { SAMPLE, someOf } from '../support/sampling.ts';

/** With seconds of processor that are several times what an idle machine takes: a busy one takes up to twice as many for the same work. */
const REFUSED: readonly (readonly [name: string, code: string, seconds: number, text: string, target?: string])[] = [
  [
    'comparisons of 1,024 values, counted five times',
    'R5003',
    10,
    `@vocab range(0, 32); @context 32; @causal;
def repeats(n) { x = tokens * n + indices; return selector_width(select(x, x, <)); }
y = repeats(37) + repeats(41) + repeats(43) + repeats(47) + repeats(53);
@export y;`,
  ],
  [
    'every seventh of 300 positions, around the end',
    'R6001',
    15,
    '@vocab "abcd"; @context 300; @bidirectional; y = aggregate(select(indices, (indices * 7 + 3) % length, ==), tokens, "_"); @export y;',
    'bert',
  ],
  [
    'the square of each of 512 positions, around the end',
    'R6001',
    20,
    '@vocab "abcd"; @context 512; @bidirectional; y = aggregate(select(indices, (indices * indices + 1) % length, ==), tokens, "_"); @export y;',
    'bert',
  ],
  [
    'depth among 1,024 brackets',
    'R6001',
    25,
    `@vocab "()"; @context 1024; @causal;
opened = selector_width(select(tokens, "(", ==) and select(indices, indices, <=));
closed = selector_width(select(tokens, ")", ==) and select(indices, indices, <=));
y = opened - closed; @export y;`,
    'bert',
  ],
  [
    'a rounded mean of 64 numbers at 128 positions',
    'R6001',
    15,
    '@vocab range(0, 64); @context 128; @bidirectional; y = round(aggregate(select(True, True, ==), tokens)); @export y;',
    'bert',
  ],
  ['a sum of a million terms', 'R1034', 10, `@vocab "ab"; @context 5; y = indices${' + indices'.repeat(1_000_000)}; @export y;`],
  ['a list of a million numbers', 'R1034', 10, `@vocab "ab"; @context 5; y = indices in [${'1, '.repeat(1_000_000)}1]; @export y;`],
];

for (const [name, code, seconds, text, target = 'gpt2'] of REFUSED) {
  test(name, async () => {
    const before = process.cpuUsage().user;
    const { stderr } = await cli(['compile', '-', '--target', target, '-o', 'never-written'], { stdin: text });
    expect(stderr).toContain(`error[${code}]`);
    expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(seconds);
  }, 60_000);
}

/** As above; what is known to take longer is in docs/sizes.md, and measured by `npm run bench:refusals`. */
const MOST_SECONDS = 30;

describe('what is short and means a lot is compiled or refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-nasty-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const quick = nastyPrograms(SAMPLE % 1000).filter(({ isLong }) => !isLong);
  test.each(someOf(quick, 5, 0))(
    '$name, $target',
    async ({ text, target, options }) => {
      const before = process.cpuUsage().user;
      const { code, stderr } = await cli(['compile', '-', '--target', target, ...options, '-o', 'model', '--force'], {
        stdin: text,
        directory: folder,
      });
      if (code !== 0) expect(stderr).toMatch(/error\[R[1-6]\d{3}\]/);
      expect(stderr).not.toMatch(/NaN|Infinity/);
      if (code !== 0) expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(MOST_SECONDS);
    },
    300_000,
  );
});
