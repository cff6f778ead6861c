/** Programs that are run on their own output. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

async function runs(...argv: string[]): Promise<{ output: unknown[]; end: string }[]> {
  const { stdout, stderr } = await cli(['run', ...argv, '--generate', '--format', 'json']);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { results: { output: unknown[]; end: string }[] }).results;
}

describe('a compiled program with a step', () => {
  let folder: string;
  const at = (...argv: string[]) => cli(argv, { directory: folder });
  const COUNTER = readFileSync('programs/generate/binary_counter.rasp', 'utf8').replace('@context 24', '@context 12');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'raspc-generate-'));
    writeFileSync(join(folder, 'counter.rasp'), COUNTER);
    expect((await at('compile', 'counter.rasp', '-o', 'model')).code).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('appends what the interpreter does, and its runs are verified', async () => {
    const { stdout } = await at('generate', 'model', '--input', '01', '0000', '--format', 'json');
    expect((JSON.parse(stdout) as { results: unknown[] }).results).toEqual(
      await runs(join(folder, 'counter.rasp'), '--input', '01', '0000'),
    );
    const verified = JSON.parse((await at('verify', 'model', '--generate', '--samples', '20', '--format', 'json')).stdout);
    expect(verified).toMatchObject({ runs: 25, failed: 0 });
    expect(verified.tokens).toBeGreaterThan(50);
  });

  test('ends in any library where it halts', () => {
    const json = (name: string) => JSON.parse(readFileSync(join(folder, 'model', name), 'utf8'));
    const { generation, outputs } = json('raspc.json');
    expect(generation).toEqual({ output: 'next', halt: '.' });
    const halt = outputs[0].logits.find(({ value }: { value: string }) => value === '.').id;
    expect(json('generation_config.json')).toMatchObject({ eos_token_id: halt, max_length: 13 });
  });

  test('is wrong where its weights are', async () => {
    const file = join(folder, 'model', 'model.safetensors');
    const bytes = readFileSync(file);
    const start = 8 + Number(bytes.readBigUInt64LE(0));
    for (let offset = start; offset < bytes.length; offset += 4) bytes.writeFloatLE(-bytes.readFloatLE(offset), offset);
    writeFileSync(file, bytes);
    const { code, stderr } = await at('verify', 'model', '--generate', '--samples', '5');
    expect(code).toBe(1);
    expect(stderr).toContain('error[R7651]');
  });
});

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

test('a text is not cut where the tokens are those of a tokenizer', async () => {
  const stdin = '@vocab tokenizer; x = starts_with(tokens, " "); @export x;';
  expect((await cli(['run', '-', '--input', '["The", " cat"]'], { stdin })).stdout).toContain('[F, T]');
  expect((await cli(['run', '-', '--input', 'The cat'], { stdin })).stderr).toContain('error[R8205]');
});
