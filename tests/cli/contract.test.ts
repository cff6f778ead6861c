/** What other programs read: the JSON documents of the commands, and the reports of verify, field by field. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });
async function json(...argv: string[]) {
  const { stdout } = await at(...argv, '--format', 'json');
  expect(stdout).toMatch(/^[^\n]+\n$/);
  return JSON.parse(stdout);
}

const PROGRAM = `@vocab "ab"; @context 4; @causal;
same = select(tokens, tokens, ==);
hist = selector_width(same);
@export hist;
@example hist("aa") == [1, 2];
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-contract-'));
  writeFileSync(join(folder, 'hist.rasp'), PROGRAM);
  writeFileSync(
    join(folder, 'other.rasp'),
    PROGRAM.replace('same);', 'same and select(indices, indices, <));').replace(/@example.*\n/, ''),
  );
  writeFileSync(join(folder, 'bad.rasp'), 'x = tokns;\n');
  expect((await at('compile', 'hist.rasp', '-o', 'model')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('run', () => {
  test('an export', async () => {
    expect(await json('run', 'hist.rasp', '--input', 'ab', 'aab')).toEqual({
      name: 'hist',
      type: 'int',
      results: [
        { input: ['a', 'b'], output: [1, 1] },
        { input: ['a', 'a', 'b'], output: [1, 2, 1] },
      ],
    });
  });

  test('a selector is a 0/1 matrix, row = query', async () => {
    expect(await json('run', 'hist.rasp', '--export', 'same', '--input', 'aba')).toEqual({
      name: 'same',
      type: 'selector',
      results: [
        {
          input: ['a', 'b', 'a'],
          output: [
            [1, 0, 0],
            [0, 1, 0],
            [1, 0, 1],
          ],
        },
      ],
    });
  });

  test('an expression has no name; a plain value needs no input', async () => {
    expect(await json('run', 'hist.rasp', '--expr', 'hist * 0.5', '--input', 'aa')).toEqual({
      name: null,
      type: 'float',
      results: [{ input: ['a', 'a'], output: [0.5, 1] }],
    });
    expect(await json('run', '--expr', '1 / 2')).toEqual({ name: null, type: 'float', value: 0.5 });
    expect((await at('run', '--expr', '2 ^ 70', '--format', 'json')).stdout).toBe(
      '{"name":null,"type":"int","value":1180591620717411303424}\n',
    );
    expect((await at('run', '--expr', '4 / 2', '--format', 'json')).stdout).toBe('{"name":null,"type":"float","value":2.0}\n');
  });

  test('several exports are a list', async () => {
    writeFileSync(join(folder, 'two.rasp'), 'a = indices; b = a > 0; @export a; @export b;');
    expect(await json('run', 'two.rasp', '--input', '["x", "y"]')).toEqual([
      { name: 'a', type: 'int', results: [{ input: ['x', 'y'], output: [0, 1] }] },
      { name: 'b', type: 'bool', results: [{ input: ['x', 'y'], output: [false, true] }] },
    ]);
  });
});

describe('check', () => {
  test('of a right program', async () => {
    expect(await json('check', 'hist.rasp')).toEqual({ ok: true, diagnostics: [] });
  });

  test('of a wrong one says what and where', async () => {
    const { ok, diagnostics } = await json('check', 'hist.rasp', 'bad.rasp');
    expect(ok).toBe(false);
    expect(diagnostics).toMatchObject([
      {
        code: 'R2001',
        severity: 'error',
        message: expect.stringContaining('`tokns`'),
        file: 'bad.rasp',
        line: 1,
        column: 5,
        endLine: 1,
        endColumn: 10,
      },
    ]);
  });

  test('as annotations', async () => {
    const { code, stdout, stderr } = await at('check', 'bad.rasp', '--format', 'github');
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/^::error file=bad\.rasp,line=1,endLine=1,col=5,endColumn=10,title=R2001::.*\n$/);
  });
});

describe('compile', () => {
  test('says what it wrote', async () => {
    const document = await json('compile', 'hist.rasp', '-o', 'json-model');
    expect(document).toEqual({
      dir: 'json-model',
      target: 'gpt2',
      layers: 1,
      heads: 1,
      width: expect.any(Number),
      dim: expect.any(Number),
      hidden: expect.any(Number),
      parameters: expect.any(Number),
      nonzero: expect.any(Number),
      context: 4,
      vocabulary: 2,
      headsPerLayer: [1],
      milliseconds: expect.any(Number),
      certificate: { holds: true, worstMargin: expect.any(Number), errorBound: expect.any(Number), sums: 'any-order' },
      files: expect.any(Array),
    });
    for (const file of document.files)
      expect(file).toEqual({ path: expect.any(String), sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: expect.any(Number) });
    expect(document.files.map(({ path }: { path: string }) => path).sort()).toEqual([
      'README.md',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  test('the same program gives the same bytes from another directory', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'raspc-elsewhere-'));
    const { code } = await cli(['compile', join(folder, 'hist.rasp'), '-o', 'model'], { directory: elsewhere });
    expect(code).toBe(0);
    for (const name of ['raspc.json', 'model.safetensors', 'README.md']) {
      expect(readFileSync(join(elsewhere, 'model', name), 'utf8')).toBe(readFileSync(join(folder, 'model', name), 'utf8'));
    }
    rmSync(elsewhere, { recursive: true, force: true });
  });

  test('options take the place of directives, and say so', async () => {
    const { code, stderr } = await at('compile', 'hist.rasp', '-o', 'other-model', '--context', '3', '--vocab', '"xyz"');
    expect(code).toBe(0);
    expect(stderr).toBe('note: `--vocab` takes the place of `@vocab`\nnote: `--context` takes the place of `@context`\n');
    expect(await json('eval', 'other-model', '--input', 'xzx')).toMatchObject({ results: [{ output: [1, 1, 2] }] });
  });

  test('--dump-ir and --explain-cost need no output', async () => {
    const dumped = await at('compile', 'hist.rasp', '--dump-ir', 'circuit');
    expect([dumped.code, dumped.stderr]).toEqual([0, '']);
    expect(dumped.stdout).toContain('hist');
    const costs = await at('compile', 'hist.rasp', '--explain-cost');
    expect(costs.stdout).toMatch(/^expression +layers +heads +neurons +dimensions +source\n/);
    expect(costs.stdout).toMatch(/^hist +0 +1 +\d+ +hist\.rasp:3:8-3:28$/m);
    expect(costs.stdout).toMatch(/^1 layer, the least there can be: hist$/m);
    expect(costs.stdout).toMatch(/^width \d+: \d+ dimensions for variables, \d+ to keep the norm in place$/m);
    expect(costs.stdout).toMatch(/^no neurons$/m);
    const { cost } = await json('compile', 'hist.rasp', '--explain-cost');
    expect(cost).toMatchObject({ chain: ['hist'], layers: 1, width: { binds: 'dimensions' }, hidden: { layer: null } });
    expect(cost.expressions).toContainEqual(expect.objectContaining({ name: 'hist', span: 'hist.rasp:3:8-3:28', heads: 1, binding: true }));
  });
});

describe('eval', () => {
  test('gives outputs and how sure the model is', async () => {
    expect(await json('eval', 'model', '--input', 'aba')).toEqual({
      name: 'hist',
      results: [{ input: ['a', 'b', 'a'], output: [1, 1, 2], margin: expect.closeTo(1, 2) }],
    });
  });
});

describe('verify', () => {
  test('of a right checkpoint, exhaustive where there are few inputs', async () => {
    expect(await json('verify', 'model')).toEqual({
      checked: 2 + 4 + 8 + 16,
      failed: 0,
      exhaustive: true,
      engine: 'raspc',
      worstMargin: expect.closeTo(1, 2),
      maxError: null,
      counterexample: null,
      trace: null,
      changed: [],
      complete: true,
      certificate: expect.objectContaining({ standing: 'proven', holds: true }),
      proof: expect.objectContaining({ holds: true }),
      scope: { context: 4, vocabulary: 2, causal: true, less: [] },
      examples: { all: 1, tried: 1 },
      claims: [
        { standing: 'tried', about: 'inputs', text: '30 inputs, no mismatch' },
        { standing: 'proven', about: 'all inputs', text: expect.stringContaining('for every input of up to 4 tokens over 2, causal') },
      ],
    });
  });

  test('of a wrong one', async () => {
    const { code, stdout, stderr } = await at('verify', 'model', '--program', 'other.rasp', '--format', 'json');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[R7601\]: .*\n +--> other\.rasp:3:8\n/);
    expect(JSON.parse(stdout)).toMatchObject({
      failed: 30,
      worstMargin: expect.closeTo(-1, 2),
      counterexample: { input: ['a'], name: 'hist', position: 0, expected: [0], actual: [1] },
    });
  });

  test('samples depend on the seed alone', async () => {
    const checked = async (...more: string[]) => (await json('verify', 'model', '--samples', '50', ...more)).checked;
    const fifty = await checked();
    expect(await checked('--seed', '2')).toBe(fifty);
    expect(fifty).toBeGreaterThan(50);
    expect(await checked('--shard', '1/2')).toBeLessThan(fifty);
  });

  test('shards together check what one run checks', async () => {
    const parts = await Promise.all(['1/3', '2/3', '3/3'].map(async (shard) => (await json('verify', 'model', '--shard', shard)).checked));
    expect(parts).toEqual([10, 10, 10]);
    expect((await at('verify', 'model', '--shard', '4/3')).stderr).toContain('error[R8004]');
  });

  test('within a budget of time', async () => {
    const short = await json('verify', 'model', '--samples', '10000000', '--budget', '0.2s');
    expect(short).toMatchObject({ failed: 0, complete: false, exhaustive: false });
    expect(short.checked).toBeGreaterThan(100);
    expect((await at('verify', 'model', '--samples', '10000000', '--budget', '0.2')).stdout).toMatch(
      /\n {2}tried +10,000,000 random inputs .*: stopped after 0 s, [\d.e-]+% of them\n/,
    );
    for (const time of ['0', 'soon', '5d', '-1s']) {
      expect((await at('verify', 'model', `--budget=${time}`)).stderr).toContain('error[R8004]');
    }
  });

  test('as JUnit XML', async () => {
    const right = await at('verify', 'model', '--reporter', 'junit');
    expect(right.code).toBe(0);
    expect(right.stdout).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="raspc verify" tests="2" failures="0" errors="0" time="[\d.]+">/,
    );
    const wrong = await at('verify', 'model', '--program', 'other.rasp', '--reporter', 'junit');
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain('<failure message="`model` does not compute its program: it is wrong on 30 of 30 inputs" type="R7601">');
    expect(wrong.stdout).toContain('hist(&quot;a&quot;), at position 0:');
  });

  test('as annotations', async () => {
    expect((await at('verify', 'model', '--reporter', 'github')).stdout).toBe(
      '::notice title=raspc verify::model: 30 inputs, no mismatch; proven for every input\n',
    );
    const wrong = await at('verify', 'model', '--program', 'other.rasp', '--reporter', 'github');
    expect(wrong).toMatchObject({ code: 1, stderr: '' });
    expect(wrong.stdout).toMatch(/^::error file=other\.rasp,line=3,.*title=R7601::/);
  });
});

describe('inspect', () => {
  test('lists tensors and circuits', async () => {
    const document = await json('inspect', 'model');
    expect(document).toMatchObject({
      dir: 'model',
      architecture: 'GPT2LMHeadModel',
      layers: 1,
      context: 4,
      causal: true,
      vocabulary: 2,
      outputs: [{ name: 'hist', type: 'int', kind: 'categorical' }],
    });
    const { parameters, nonzero } = await json('compile', 'hist.rasp', '-o', 'inspected');
    expect(document.parameters).toBe(parameters);
    expect(document.nonzero).toBe(nonzero);
    expect(document.heads).toMatchObject([{ layer: 0, head: 0 }]);
    expect(document).toMatchObject({ headsPerLayer: 1, nonfinite: 0, problem: null, occupied: { heads: 1, neurons: 0 } });
    const embedding = document.tensors.find(({ name }: { name: string }) => name === 'transformer.wte.weight');
    expect(embedding).toMatchObject({ dtype: 'F32', shape: [expect.any(Number), document.width], file: 'model.safetensors' });
  });

  test('reads one file of tensors by itself, and a model without a circuit map', async () => {
    const alone = await json('inspect', 'model/model.safetensors');
    expect(alone).toMatchObject({ architecture: null, program: null });
    expect(alone.tensors.length).toBeGreaterThan(10);
    rmSync(join(folder, 'inspected/raspc.json'));
    expect(await json('inspect', 'inspected')).toMatchObject({ architecture: 'GPT2LMHeadModel', program: null, layers: 1 });
  });
});
