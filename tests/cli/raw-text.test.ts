/** `--text` of `drift`, `match` and `seed --into`: a text is what its tokens' ids are, ids stay ids, and the tokenizer has to be the model's. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SeededFolder, seededFolder } from '../support/seeded-folder.ts';
import { smallTokenizer } from '../support/small-tokenizer.ts';
import { cli } from './run-cli.ts';

/** The model's 63 tokens, a character each, beside its BOS. */
const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ,.;:!?-_', ' ', '\n', '~'];
const BOS = 63;
/** Longer than the windows hold; `drift`, which runs each window many times, has the beginning. */
const TEXT = 'The cat sat, the cat ran. A dog sat; a dog ran and ran!\n'.repeat(60);

let folder: SeededFolder;
beforeAll(async () => {
  folder = await seededFolder();
  const written = LETTERS.map((letter) => (letter === ' ' ? 'Ġ' : letter === '\n' ? 'Ċ' : letter));
  const tokenizer = {
    added_tokens: [{ id: BOS, content: '<|end|>', special: true, normalized: false }],
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: Object.fromEntries(written.map((letter, id) => [letter, id])), merges: [] },
  };
  writeFileSync(folder.at('letters.json'), JSON.stringify(tokenizer));
  writeFileSync(folder.at('other.json'), smallTokenizer([]));
  writeFileSync(folder.at('typo.ids'), '63 5 9 12\n63 5 x 12\n');
  folder.changed('trained', 'transformer.wte.weight', (value) => value);
  // the same model, with its tokenizer beside the weights
  folder.changed('worded', 'transformer.wte.weight', (value) => value);
  copyFileSync(folder.at('letters.json'), folder.at('worded/tokenizer.json'));
});
afterAll(() => folder.remove());

/** The windows that the text makes, by hand, as a file of ids. */
function idsFile(text: string, name: string, windows: number, positions: number): string {
  const ids = [...text].map((letter) => LETTERS.indexOf(letter));
  const room = positions - 1;
  const cut = Array.from({ length: Math.ceil(ids.length / room) }, (_, w) => [BOS, ...ids.slice(w * room, (w + 1) * room)]);
  writeFileSync(
    folder.at(name),
    cut
      .slice(0, windows)
      .map((window) => JSON.stringify(window))
      .join('\n'),
  );
  return folder.at(name);
}

const COMMANDS = {
  drift: (model: string) => ['drift', folder.at('seeded/raspc.json'), folder.at(model), '--positions', '12'],
  match: (model: string) => ['match', folder.at(model), '--positions', '16', '--windows', '5', '--effects', '0'],
  seed: (model: string) => ['seed', 'programs/seeds/three_back.rasp', '--into', folder.at(model), '--bos', '63', '--plan'],
} as const;
// as many as a command reads at most
const WINDOWS = { drift: [16, 12], match: [5, 16], seed: [24, 32] } as const;

/** All that is said of a run, but for the model's name and how long it took. */
async function said(argv: readonly string[]): Promise<{ readonly report: unknown; readonly stderr: string }> {
  const { code, stdout, stderr } = await cli([...argv, '--format', 'json']);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  const { milliseconds: _, ...report } = JSON.parse(stdout.replaceAll(folder.at('worded'), folder.at('trained'))) as Record<
    string,
    unknown
  >;
  // a list of ids is another file than the text
  const { sha256: _file, ...text } = (report.text ?? {}) as Record<string, unknown>;
  return { report: { ...report, text }, stderr };
}

for (const name of ['drift', 'match', 'seed'] as const) {
  test(`${name}: a text is the ids of its tokens, BOS first in each window; by any other tokenizer, or by none, it is refused`, async () => {
    const [command, worded] = [COMMANDS[name]('trained'), COMMANDS[name]('worded')];
    const [windows, positions] = WINDOWS[name];
    const tokenizer = ['--tokenizer', folder.at('letters.json')];
    const text = name === 'drift' ? TEXT.slice(0, 30) : TEXT;
    writeFileSync(folder.at('book.txt'), text);
    const ids = await said([...command, ...tokenizer, '--text', idsFile(text, `${name}.ids`, windows, positions)]);
    expect(ids.stderr).not.toContain('read as text');
    // measured twice more where that is quick
    for (const argv of name === 'drift' ? [worded] : [worded, [...command, ...tokenizer]]) {
      const cut = await said([...argv, '--text', folder.at('book.txt')]);
      expect(cut.report).toEqual(ids.report);
      expect(cut.stderr).toMatch(/book\.txt: read as text, \d+ tokens in windows of up to \d+/);
    }
    const refused = async (...argv: string[]) => (await cli([...command, ...argv])).stderr;
    const other = await refused('--text', folder.at('book.txt'), '--tokenizer', folder.at('other.json'));
    expect(other).toContain('error[R7731]');
    expect(other).toContain('the tokenizer has 257 tokens, and the model an embedding of 64 rows');
    const none = await refused('--text', folder.at('book.txt'));
    expect(none).toContain('error[R7741]');
    expect(none).toContain('`--tokenizer PATH`, or put tokenizer.json beside the weights');
  });
}

test('a fault makes no text of a list of ids, unless a tokenizer is given', async () => {
  const typo = [...COMMANDS.match('worded'), '--text', folder.at('typo.ids')];
  const { stderr } = await cli(typo);
  expect(stderr).toContain('error[R7741]');
  expect(stderr).toContain('line 2 has `x`');
  // of digits this tokenizer has no tokens
  expect((await cli([...typo, '--tokenizer', folder.at('letters.json')])).stderr).toContain('error[R7753]');
});
