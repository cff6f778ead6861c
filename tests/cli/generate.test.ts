/** Programs that are run on their own output. */
import { describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

async function runs(...argv: string[]): Promise<{ output: unknown[]; end: string }[]> {
  const { stdout, stderr } = await cli(['run', ...argv, '--generate', '--format', 'json']);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { results: { output: unknown[]; end: string }[] }).results;
}

describe('run --generate', () => {
  const counter = 'programs/generate/binary_counter.rasp';

  test('appends until the program halts, the context is full, or there is enough', async () => {
    const [halted, full] = await runs(counter, '--input', '01', '0000');
    expect(halted).toMatchObject({ output: [...',10,11'], end: 'halt' });
    expect(full).toMatchObject({ output: [...',0001,0010,0011,0100'], end: 'context' });
    expect(await runs(counter, '--input', '0000', '--max', '3')).toMatchObject([{ output: [...',00'], end: 'max' }]);
  });

  test('refuses a step that is no token, and a program without a step', async () => {
    const { stderr, code } = await cli(['run', '-', '--input', 'a', '--generate'], {
      stdin: '@vocab "ab"; @context 4; @causal; x = tokens + "!"; @step x;',
    });
    expect(code).toBe(1);
    expect(stderr).toContain('error[R3511]');
    expect((await cli(['run', 'programs/hist.rasp', '--input', 'a', '--generate'])).stderr).toContain('error[R8011]');
  });
});
