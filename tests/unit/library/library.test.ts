/** The library's one-call functions, as the documentation shows them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkText, compileToFiles, evaluateFolder, newSha256, runText, VERSION, verifyFolder } from '../../../src/index.ts';

const HIST = `@vocab "abc"; @context 4; @causal;
same = select(tokens, tokens, ==);
hist = selector_width(same);
@export hist;
@example hist("aba") == [1, 1, 2];
`;

describe('the library', () => {
  test('checks a text', () => {
    expect(checkText(HIST)).toEqual([]);
    expect(checkText(HIST.replace('2];', '3];')).map(({ code }) => code)).toEqual(['R3034']);
    expect(checkText('x = ;')).toHaveLength(1);
  });

  test('runs a text, exports or any name', () => {
    expect(runText(HIST, 'aab')).toEqual([{ name: 'hist', type: 'int', values: [1n, 2n, 1n], rows: null }]);
    const [same] = runText(HIST.replace('@export hist;', ''), 'ab');
    expect(same).toMatchObject({
      name: 'same',
      type: 'selector',
      rows: [
        [1, 0],
        [0, 1],
      ],
    });
  });

  test('compiles a text to the bytes that the command writes, and verifies them', async () => {
    const { files, folder, map, certificate } = compileToFiles(HIST, { target: 'llama', name: 'hist.rasp' });
    expect([...files.keys()]).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json', 'raspc.json']));
    expect(certificate.holds).toBe(true);
    for (const { path, sha256 } of map.files) {
      const hash = newSha256();
      hash.update(files.get(path) as Uint8Array);
      expect(hash.hex()).toBe(sha256);
    }
    expect(evaluateFolder(folder, 'abaa')).toMatchObject([{ name: 'hist', values: [1n, 1n, 2n, 3n] }]);
    const { tried, proof } = await verifyFolder(folder, { samples: 200 });
    expect(tried).toMatchObject({ checked: 120, failed: 0 });
    expect(proof).toMatchObject({ kind: 'checked', holds: true });
  });

  test('overrides directives, and loads what it is handed', () => {
    const text = 'load "mine";\n@export twice;\n';
    const load = (path: string) => (path === 'mine' ? 'twice = indices * 2;' : null);
    expect(compileToFiles(text, { load, vocabulary: '"ab"', context: 3, causal: true }).map).toMatchObject({ context: 3, causal: true });
  });

  test('says what there is where a name or a token is not', () => {
    expect(() => compileToFiles(HIST, { target: 'gpt5' })).toThrow(/no target `gpt5`: there are gpt2/);
    expect(() => evaluateFolder(compileToFiles(HIST).folder, 'xyz')).toThrow(/`x` is not in the model's vocabulary/);
    expect(() => evaluateFolder(compileToFiles(HIST).folder, 'aaaaa')).toThrow(/5 tokens, and the model takes 4/);
  });
});

test('the version is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../package.json'), 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
});
