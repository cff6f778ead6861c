/** What `verify` says rests on what it did: proven, tried, claimed and refuted are told apart, and no map is believed. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });

const HIST =
  '@vocab "abcd"; @context 6; @causal;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;\n@example hist("aab") == [1, 2, 1];\n';
/** As HIST, but for one input of six tokens. */
const RARE = HIST.replace(
  '@export',
  'rare = aggregate(select(indices, 0, ==), indicator(tokens == "b")) == 1 and aggregate(select(indices, 4, ==), indicator(tokens == "d"), 0) == 1 and indices == 5 and tokens == "c";\nhist = 1 if rare else hist;\n@export',
);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-claims-'));
  writeFileSync(join(folder, 'hist.rasp'), HIST);
  writeFileSync(join(folder, 'rare.rasp'), RARE);
  expect(await at('compile', 'hist.rasp', '-o', 'hist')).toMatchObject({ code: 0 });
  expect(await at('compile', 'rare.rasp', '-o', 'rare')).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Document = Record<string, unknown> & { program: { source: string; sha256: string }; certificate: Record<string, unknown> };

/** The folder under another name, with its map changed. */
function edited(from: string, name: string, change: (map: Document) => void): string {
  cpSync(join(folder, from), join(folder, name), { recursive: true });
  const path = join(folder, name, 'raspc.json');
  const map = JSON.parse(readFileSync(path, 'utf8')) as Document;
  change(map);
  writeFileSync(path, JSON.stringify(map));
  return name;
}

interface Claim {
  readonly standing: string;
  readonly about: string;
}
const claims = (stdout: string) => (JSON.parse(stdout) as { claims: Claim[] }).claims.map(({ standing, about }) => `${about} ${standing}`);
const PROVEN = ['inputs tried', 'all inputs proven'];

describe('another program than that of the weights', () => {
  test('is not said to be proven, in no reporter, and its certificate is not claimed', async () => {
    const tried = ['rare', '--program', 'hist.rasp', '--samples', '5'];
    const { code, stdout } = await at('verify', ...tried, '--format', 'json');
    expect([code, claims(stdout)]).toEqual([0, ['inputs tried']]);
    const text = (await at('verify', ...tried)).stdout;
    expect(text).toMatch(/^verified rare: [\d,]+ inputs, no mismatch; not proven\n/);
    expect(text).not.toContain('claimed');
    expect((await at('verify', ...tried, '--reporter', 'github')).stdout).toMatch(/^::notice .*no mismatch; not proven\n$/);
    expect((await at('verify', ...tried, '--reporter', 'junit')).stdout).toContain('<skipped message="not re-established from the bytes');
  });

  test('in the map: refused where its hash is not its own, and else not proven', async () => {
    const stale = edited('rare', 'stale', (map) => {
      map.program.source = HIST;
    });
    expect(await at('verify', stale)).toMatchObject({ code: 3, stderr: expect.stringMatching(/error\[R7403\].*sha256/) });
    expect(await at('eval', stale, '--input', 'a')).toMatchObject({ code: 3 });
    const renewed = edited('rare', 'renewed', (map) => {
      map.program = { ...map.program, source: HIST, sha256: createHash('sha256').update(HIST).digest('hex') };
    });
    const { stdout } = await at('verify', renewed, '--samples', '5', '--format', 'json');
    expect(claims(stdout)).toEqual(['inputs tried', 'all inputs claimed']);
    expect(await at('verify', renewed, '--samples', '5', '--require-proof')).toMatchObject({ code: 1 });
  });
});

describe('less than the program asks for', () => {
  const cases: readonly (readonly [string, (map: Document) => void, RegExp])[] = [
    [
      'a shorter context',
      (map) => Object.assign(map, { context: 3 }),
      /for less than its program asks for \(inputs of up to 3 tokens, not 6\)/,
    ],
    [
      'a smaller vocabulary',
      (map) => Object.assign(map, { vocabulary: (map.vocabulary as unknown[]).slice(0, 3) }),
      /for less than its program asks for \(tokens without "d"\)/,
    ],
  ];
  test.each(cases)('%s is on the first line, and no proof of all', async (name, change, words) => {
    const less = edited('hist', name.replaceAll(' ', '-'), change);
    const { code, stdout } = await at('verify', less, '--samples', '5');
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(words);
    expect(stdout.split('\n')[0]).toContain('proven for every input of those');
    expect((await at('verify', less, '--samples', '5', '--reporter', 'github')).stdout).toMatch(words);
    for (const reporter of ['text', 'json', 'junit', 'github']) {
      const { code: exit, stdout: out, stderr } = await at('verify', less, '--samples', '5', '--require-proof', '--reporter', reporter);
      expect([reporter, exit]).toEqual([reporter, 1]);
      expect(reporter === 'text' || reporter === 'json' ? stderr : out).toContain('R7610');
    }
  });

  test('is what a user may ask for', async () => {
    expect(await at('compile', 'hist.rasp', '--context', '3', '--vocab', '"abc"', '-o', 'asked')).toMatchObject({ code: 0 });
    expect(await at('verify', 'asked', '--require-proof')).toMatchObject({ code: 1 });
    const { code, stdout } = await at('verify', 'asked', '--require-proof', '--context', '3', '--vocab', '"abc"');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^verified asked: 39 inputs, no mismatch; proven for every input\n {2}tried {4}every input there is, the example among them\n/,
    );
    expect((await at('verify', 'hist', '--require-proof', '--export', 'other', 'hist')).stderr).toContain('without the output `other`');
  });
});

describe('the certificate in raspc.json', () => {
  test.each([
    ['worstMargin', 5, 'a margin of at most 1'],
    ['errorBound', -1, 'an error of at least 0'],
    ['holds', 'yes', 'true or false'],
  ])('with the %s %s is refused', async (key, value, expected) => {
    const path = edited('hist', `certificate-${key}`, (map) => Object.assign(map.certificate, { [key]: value }));
    expect(await at('verify', path)).toMatchObject({ code: 3, stderr: expect.stringContaining(`must be ${expected}`) });
  });

  test("is printed as no fact: the margin is the checker's own", async () => {
    const path = edited('hist', 'boasting', (map) => Object.assign(map.certificate, { worstMargin: 0.12345 }));
    const { stdout } = await at('verify', path, '--format', 'json');
    expect(claims(stdout)).toEqual(PROVEN);
    expect((await at('verify', path)).stdout).not.toContain('0.123');
  });

  test('is refuted by a number that is further off than it allows', async () => {
    const source =
      '@vocab "ab"; @context 72; @causal;\nx = aggregate(select(indices, indices, <=), indicator(tokens == "a"));\n@export x;\n';
    writeFileSync(join(folder, 'share.rasp'), source);
    expect(await at('compile', 'share.rasp', '-o', 'share')).toMatchObject({ code: 0 });
    const path = edited('share', 'tight', (map) => Object.assign(map.certificate, { errorBound: 1e-30 }));
    const { code, stdout } = await at('verify', path, '--samples', '5');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^not verified tight/);
  });
});

test('a weight that was edited: proven from the bytes or not, and the proof can be demanded', async () => {
  cpSync(join(folder, 'hist'), join(folder, 'edited'), { recursive: true });
  const path = join(folder, 'edited', 'model.safetensors');
  const bytes = readFileSync(path);
  bytes.writeFloatLE(1e-30, bytes.length - 4);
  writeFileSync(path, bytes);
  const { code, stdout } = await at('verify', 'edited', '--require-proof', '--format', 'json');
  expect([code, claims(stdout).slice(0, 2)]).toEqual([0, PROVEN]);
  expect((await at('verify', 'edited')).stdout).toContain('`model.safetensors` is not as its map says');
});

test('examples are inputs: over the alphabet, and no longer than the context', async () => {
  writeFileSync(join(folder, 'alphabet.rasp'), HIST.replace('"aab"', '"aaz"'));
  writeFileSync(join(folder, 'long.rasp'), HIST.replace('hist("aab") == [1, 2, 1]', 'hist("aaaaaaa") == [1, 2, 3, 4, 5, 6, 7]'));
  for (const [file, code, column] of [
    ['alphabet.rasp', 'R3045', 15],
    ['long.rasp', 'R3046', 15],
  ] as const) {
    for (const command of [
      ['check', file],
      ['run', file, '--input', 'a'],
      ['compile', file, '-o', 'x'],
      ['verify', 'hist', '--program', file],
    ]) {
      const { code: exit, stderr } = await at(...command);
      expect([exit, stderr]).toEqual([1, expect.stringMatching(new RegExp(`^error\\[${code}\\].*\\n +--> ${file}:4:${column}\\n`))]);
    }
  }
});
