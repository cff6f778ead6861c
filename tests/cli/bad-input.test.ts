/** Input that is wrong gets one clear answer with its code and exit code, and nothing is lost by it. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliResult, cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });

const HIST = readFileSync('programs/hist.rasp', 'utf8').replace('@context 32;', '@context 6;');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-bad-input-'));
  writeFileSync(join(folder, 'hist.rasp'), HIST);
  expect((await at('compile', 'hist.rasp', '-o', 'good')).code).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The codes a result shows, in order; a stack trace or an internal error fails the test. */
function codes({ stderr }: CliResult): string[] {
  expect(stderr).not.toMatch(/^\s+at .*[.](ts|js):\d+/m);
  expect(stderr).not.toContain('R9001');
  return [...stderr.matchAll(/^(?:error|warning)\[(R\d{4})\]/gm)].map(([, code]) => code as string);
}

function program(text: string): string {
  writeFileSync(join(folder, 'program.rasp'), text);
  return 'program.rasp';
}

describe('something else in the place of a file', () => {
  const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
  const PAGE = '<!DOCTYPE html>\n<html><body>404</body></html>\n';

  test.each([
    ['a Git LFS pointer', LFS],
    ['a web page', PAGE],
  ])('%s for a program, for weights, and for the JSON beside them', async (what, text) => {
    const checked = await at('check', program(text));
    expect([checked.code, codes(checked)]).toEqual([3, ['R8506']]);
    expect(checked.stderr).toContain(`\`program.rasp\` is ${what}`);
    for (const file of ['model.safetensors', 'config.json', 'raspc.json', 'tokenizer.json']) {
      cpSync(join(folder, 'good'), join(folder, 'foreign'), { recursive: true });
      writeFileSync(join(folder, 'foreign', file), text);
      const result = await at('eval', 'foreign', '--input', 'abc');
      expect([result.code, codes(result)], file).toEqual([3, ['R7011']]);
      expect(result.stderr).toContain(`\`${file}\` is ${what}`);
      rmSync(join(folder, 'foreign'), { recursive: true });
    }
  });

  test('nothing in the place of the map, or of the lock file', async () => {
    cpSync(join(folder, 'good'), join(folder, 'bare'), { recursive: true });
    rmSync(join(folder, 'bare', 'raspc.json'));
    const bare = await at('eval', 'bare', '--input', 'abc');
    expect([bare.code, codes(bare)]).toEqual([3, ['R7010']]);
    expect(bare.stderr).toContain('--map PATH');
    const locked = await at('verify', '--locked');
    expect([locked.code, codes(locked)]).toEqual([3, ['R8501']]);
    expect(locked.stderr).toContain('`raspc lock DIR` writes one');
  });

  test('config.json in the place of its folder', async () => {
    const result = await at('inspect', 'good/config.json');
    expect([result.code, codes(result)]).toEqual([3, ['R7011']]);
    expect(result.stderr).toContain('a model is named by its folder');
  });
});

describe('a line of standard input that is wrong', () => {
  test.each([
    ['run', 'hist.rasp'],
    ['eval', 'good'],
  ])('costs `%s` none of the results before it, and is shown', async (command, subject) => {
    const stdin = 'abc\r\n["a", "b"]\na!c\nab\n';
    const text = await cli([command, subject, '--input', '-'], { directory: folder, stdin });
    expect(text.code).toBe(1);
    expect(text.stdout.split('\n').filter((line) => line.startsWith('hist('))).toHaveLength(2);
    expect(codes(text)).toEqual(['R8201']);
    expect(text.stderr).toContain('<stdin>:3:1');
    const json = await cli([command, subject, '--input', '-', '--format', 'json'], { directory: folder, stdin });
    expect(json.code).toBe(1);
    expect((JSON.parse(json.stdout) as { results: unknown[] }).results).toHaveLength(2);
    expect(codes(json)).toEqual(['R8201']);
    // with nothing before it there is nothing to show but the fault
    const first = await cli([command, subject, '--input', '-', '--format', 'json'], { directory: folder, stdin: 'a!\nab\n' });
    expect([first.code, (JSON.parse(first.stdout) as { ok: boolean }).ok]).toEqual([1, false]);
  });
});

describe('a program that is wrong', () => {
  test.each([
    ['letters without quotes', '@vocab abc;\n@context 3;\nx = tokens;\n@export x;\n', 'R2001', 'did you mean `"abc"`?'],
    ['a file of the library under a wrong name', 'load "std/count";\nx = tokens;\n', 'R2004', 'did you mean `load "std/counts";`?'],
    ['a name that is used too early', 'x = y;\ny = tokens;\n@export x;\n', 'R2001', '`y` is defined further down, in line 2'],
    ['too few arguments', 'x = shift(tokens, 1);\n', 'R3010', 'it is called as `shift(seq, n, filler)`'],
  ])('%s: says what was meant', async (_, text, code, help) => {
    const result = await at('check', program(text));
    expect([result.code, codes(result)]).toEqual([1, [code]]);
    expect(result.stderr).toContain(help);
  });

  test('several syntax errors are shown at once, each where it is', async () => {
    const result = await at('check', program('x = ;\ny = 1 +;\nz = indices;\nw = select(1, 2);\n'), '--format', 'json');
    expect(result.code).toBe(1);
    const { ok, diagnostics } = JSON.parse(result.stdout) as { ok: boolean; diagnostics: { code: string; line: number; file: string }[] };
    expect(ok).toBe(false);
    expect(diagnostics.map(({ line }) => line)).toEqual([1, 2, 4]);
    for (const { code, file } of diagnostics) {
      expect(code).toMatch(/^R1/);
      expect(file).toBe('program.rasp');
    }
  });

  test.each([
    ['an unknown name', 'x = tokns;', /^R2/],
    ['a type error', 'x = select(tokens, tokens, ==) + 1;', /^R3/],
    ['a fault that only values show', '@vocab "ab"; x = {"a": 1}[tokens]; @export x;', /^R3/],
    ['an example that does not hold', 'x = indices; @example x("ab") == [1, 2];', /^R3/],
  ])('%s', async (_, text, code) => {
    const result = await at('check', program(text));
    expect(result.code).toBe(1);
    expect(codes(result)).toHaveLength(1);
    expect(codes(result)[0]).toMatch(code);
  });

  test.each([
    ['no vocabulary', '@context 4; @causal; x = indices; @export x;', [], 'R4001'],
    ['no context', '@vocab "ab"; @causal; x = indices; @export x;', [], 'R5001'],
    ['an absurd context', '@vocab "ab"; @causal; x = indices; @export x;', ['--context', '99999999'], 'R5002'],
    ['an absurd vocabulary', '@vocab range(0, 1000000); @context 4; @causal; x = tokens; @export x;', [], 'R5002'],
    ['nothing to export', '@vocab "ab"; @context 4; @causal; x = indices;', [], 'R4009'],
    [
      'a domain that is too large',
      '@vocab range(0, 3000); @context 4; @causal; p = aggregate(select(indices, indices - 1, ==), tokens); x = p * tokens; @export x;',
      [],
      'R4003',
    ],
    [
      'a bidirectional program',
      '@vocab "ab"; @context 4; x = aggregate(select(indices, length - 1, ==), tokens, "a"); @export x;',
      [],
      'R4008',
    ],
    ['an average of strings', '@vocab "ab"; @context 4; @causal; x = aggregate(full_s, tokens, "a"); @export x;', [], 'R4006'],
  ])('%s, on compiling', async (_, text, extra, code) => {
    const result = await at('compile', program(text), '-o', 'never', ...extra);
    expect([...new Set(codes(result))]).toEqual([code]);
    expect(result.code).toBe(1);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  test('the average of strings comes with an input on which it happens', async () => {
    const text = '@vocab "ab"; @context 4; @causal; x = aggregate(full_s, tokens, "a"); @export x;';
    const { stderr } = await at('compile', program(text), '-o', 'never');
    expect(stderr).toMatch(/"[ab]{2,4}"|\["[ab]"(, "[ab]")+\]/);
  });

  test('a missing file, a folder, bytes that are no text', async () => {
    writeFileSync(join(folder, 'latin1.rasp'), Buffer.from([0x78, 0x20, 0x3d, 0x20, 0xe9, 0x3b]));
    for (const [path, code] of [
      ['missing.rasp', 'R8501'],
      ['.', 'R8501'],
      ['latin1.rasp', 'R8502'],
      ['hist.rasp/deeper.rasp', 'R8501'],
    ] as const) {
      const result = await at('check', path);
      expect([path, result.code, codes(result)]).toEqual([path, 3, [code]]);
    }
    expect((await at('check', 'latin1.rasp')).stderr).toContain('(byte 4)');
  });

  test('a file that is far too large for a program is not read', async () => {
    writeFileSync(join(folder, 'huge.rasp'), '');
    truncateSync(join(folder, 'huge.rasp'), 2 ** 32);
    const result = await at('check', 'huge.rasp');
    rmSync(join(folder, 'huge.rasp'));
    expect([result.code, codes(result)]).toEqual([3, ['R8505']]);
  });
});

describe('an input that is wrong', () => {
  test.each([
    ['longer than the context', 'abcabca', 'R8202'],
    ['with a token outside of the vocabulary', 'abX', 'R8201'],
    ['that is empty', '', 'R8204'],
    ['that is a list in a list', '[["a"]]', 'R8203'],
  ])('%s', async (_, input, code) => {
    for (const argv of [
      ['run', 'hist.rasp'],
      ['eval', 'good'],
    ]) {
      const result = await at(...argv, '--input', input);
      expect([argv[0], result.code, result.stdout, codes(result)]).toEqual([argv[0], 1, '', [code]]);
    }
  });

  test('a program that fails on an input says where and on which values', async () => {
    const result = await at('run', program('x = 1 / (indices - 2);'), '--export', 'x', '--input', 'abcd');
    expect(result.code).toBe(1);
    expect(codes(result)).toHaveLength(1);
    expect(result.stderr).toContain('"abcd"');
    expect(result.stderr).toContain('position 2');
  });
});

describe('an output that cannot be written', () => {
  test('a folder that exists is left as it is', async () => {
    const before = readFileSync(join(folder, 'good/raspc.json'), 'utf8');
    const result = await at('compile', 'hist.rasp', '-o', 'good', '--context', '3');
    expect([result.code, codes(result)]).toEqual([3, ['R8504']]);
    expect(readFileSync(join(folder, 'good/raspc.json'), 'utf8')).toBe(before);
  });

  test('--force replaces it, and leaves nothing else behind', async () => {
    cpSync(join(folder, 'good'), join(folder, 'replaced'), { recursive: true });
    const result = await at('compile', 'hist.rasp', '-o', 'replaced', '--context', '3', '--force');
    expect(result.code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'replaced/raspc.json'), 'utf8')).context).toBe(3);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a path under a file, and a folder of other things, are refused', async () => {
    mkdirSync(join(folder, 'precious'), { recursive: true });
    writeFileSync(join(folder, 'precious/thesis.txt'), 'years');
    for (const path of ['hist.rasp/model', 'precious']) {
      const result = await at('compile', 'hist.rasp', '-o', path, '--force');
      expect([path, result.code, codes(result)]).toEqual([path, 3, ['R8503']]);
    }
    expect(readFileSync(join(folder, 'precious/thesis.txt'), 'utf8')).toBe('years');
  });
});

describe('a checkpoint that is damaged or hostile', () => {
  /** A copy of the good folder, changed. */
  function damaged(change: (path: (name: string) => string) => void): string {
    const copy = join(folder, 'damaged');
    rmSync(copy, { recursive: true, force: true });
    cpSync(join(folder, 'good'), copy, { recursive: true });
    change((name) => join(copy, name));
    return 'damaged';
  }

  /** Rewrites the header of the weights. */
  function withHeader(path: string, change: (header: Record<string, { shape: number[]; data_offsets: [number, number] }>) => void): void {
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'));
    change(header);
    const text = Buffer.from(JSON.stringify(header));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(path, Buffer.concat([size, text, bytes.subarray(8 + length)]));
  }

  const WEIGHTS = 'model.safetensors';
  const EMBEDDING = 'transformer.wte.weight';
  const cases: readonly (readonly [what: string, change: (path: (name: string) => string) => void, code: RegExp])[] = [
    ['no weights', (path) => rmSync(path(WEIGHTS)), /R7010/],
    ['no circuit map', (path) => rmSync(path('raspc.json')), /R7010/],
    ['weights cut off', (path) => truncateSync(path(WEIGHTS), 5000), /R700[27]/],
    ['an empty file of weights', (path) => truncateSync(path(WEIGHTS), 0), /R7001/],
    [
      'a header as long as the world',
      (path) => {
        const bytes = readFileSync(path(WEIGHTS));
        bytes.writeBigUInt64LE(0x7fffffffffffffffn, 0);
        writeFileSync(path(WEIGHTS), bytes);
      },
      /R7002/,
    ],
    [
      'offsets that overlap',
      (path) => withHeader(path(WEIGHTS), (header) => Object.assign(header[EMBEDDING] as object, { data_offsets: [0, 4] })),
      /R700[56]/,
    ],
    ['a wrong shape', (path) => withHeader(path(WEIGHTS), (header) => (header[EMBEDDING] as { shape: number[] }).shape.reverse()), /R7203/],
    [
      'a weight that is not a number',
      (path) => {
        const bytes = readFileSync(path(WEIGHTS));
        bytes.writeFloatLE(Number.NaN, bytes.length - 4);
        writeFileSync(path(WEIGHTS), bytes);
      },
      /R7009/,
    ],
    ['a circuit map that is no JSON', (path) => writeFileSync(path('raspc.json'), '{'), /R7101/],
    [
      'a circuit map with an output beyond the model',
      (path) => {
        const map = JSON.parse(readFileSync(path('raspc.json'), 'utf8'));
        map.outputs[0].logits[0].id = 1_000_000;
        writeFileSync(path('raspc.json'), JSON.stringify(map));
      },
      /R7403/,
    ],
    [
      'a circuit map of another schema',
      (path) => writeFileSync(path('raspc.json'), readFileSync(path('raspc.json'), 'utf8').replace(/"schema": ?1/, '"schema": 2')),
      /R7402/,
    ],
    [
      'a tokenizer that disagrees with the circuit map',
      (path) => {
        const tokenizer = JSON.parse(readFileSync(path('tokenizer.json'), 'utf8'));
        Object.assign(tokenizer.model.vocab, { a: 2, b: 1 });
        writeFileSync(path('tokenizer.json'), JSON.stringify(tokenizer));
      },
      /R7405/,
    ],
    [
      'an index in place of the weights, of shards that are not there',
      (path) => {
        rmSync(path(WEIGHTS));
        writeFileSync(path(`${WEIGHTS}.index.json`), JSON.stringify({ weight_map: { w: 'model-00001-of-00002.safetensors' } }));
      },
      /R7305/,
    ],
    [
      'an index that leads out of the folder',
      (path) => {
        rmSync(path(WEIGHTS));
        writeFileSync(path(`${WEIGHTS}.index.json`), JSON.stringify({ weight_map: { w: '../good/model.safetensors' } }));
      },
      /R7301/,
    ],
    ['a configuration that is no JSON', (path) => writeFileSync(path('config.json'), 'null and void'), /R7101/],
  ];

  test.each(cases)('%s', async (_, change, code) => {
    const path = damaged(change);
    for (const argv of [
      ['eval', path, '--input', 'abc'],
      ['verify', path, '--samples', '1'],
    ]) {
      const result = await at(...argv);
      const shown = codes(result);
      expect([argv[0], result.code, result.stdout, shown.length]).toEqual([argv[0], 3, '', 1]);
      expect(shown[0]).toMatch(code);
    }
  });

  test('a folder that is not there', async () => {
    for (const command of ['eval', 'verify', 'inspect']) {
      const result = await at(command, 'nowhere', ...(command === 'eval' ? ['--input', 'a'] : []));
      expect([command, result.code, codes(result)]).toEqual([command, 3, ['R8501']]);
    }
  });

  test('a weight that was changed is found, with the smallest input on which it shows', async () => {
    const path = damaged((inside) => {
      const bytes = readFileSync(inside(WEIGHTS));
      const length = Number(bytes.readBigUInt64LE(0));
      const header = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'));
      const [from, to] = header[EMBEDDING].data_offsets as [number, number];
      // The row of "a" becomes that of "b".
      const row = (to - from) / header[EMBEDDING].shape[0];
      bytes.copy(bytes, 8 + length + from + row, 8 + length + from + 2 * row, 8 + length + from + 3 * row);
      writeFileSync(inside(WEIGHTS), bytes);
    });
    const result = await at('verify', path, '--samples', '500', '--format', 'json');
    expect([result.code, codes(result)]).toEqual([1, ['R7601']]);
    const report = JSON.parse(result.stdout);
    expect(report.failed).toBeGreaterThan(0);
    expect(report.counterexample).toMatchObject({ input: ['a', 'b'], name: 'hist', position: 1, expected: [1, 1], actual: [1, 2] });
  });
});
