/** The one style on ten thousand random programs, each scattered over lines with comments between its words. */
import { expect, test } from 'vitest';
import { randomProgram } from '../../src/dataset/random-program.ts';
import { formatSource } from '../../src/format/format-source.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { parseOrThrow } from '../../src/syntax/parse.ts';
import { wordsOf } from '../../src/syntax/words.ts';
import { seededRandom } from '../support/random.ts';

const SEPARATORS = [' ', '\n', '\n\n\n', '  ', '\t', ' # note\n', '\n# line\n'];
const file = (text: string) => sourceFile('a.rasp', text);
const words = (text: string) => wordsOf(file(text)).words.map((word) => word.text);
const comments = (text: string) => text.match(/#.*/g) ?? [];
/** The syntax tree without places, nor the texts that they are places of. */
const tree = (text: string) =>
  JSON.stringify(parseOrThrow(file(text)), (key, value: unknown) =>
    key === 'span' || key === 'file' ? undefined : typeof value === 'bigint' ? String(value) : value,
  );

test('10,000 random programs come to rest at once and mean what they did, with every comment', () => {
  const random = seededRandom(1);
  const setting = { vocabulary: 'abc', context: 8, causal: true, seed: 9 };
  for (let number = 0; number < 10_000; number++) {
    const text = randomProgram(setting, number);
    const scattered = words(text)
      .map((word) => word + (SEPARATORS[Math.floor(random() * SEPARATORS.length)] ?? ' '))
      .join('');
    const once = formatSource(file(scattered));
    if (formatSource(file(once)) !== once) expect.unreachable(`is not at rest:\n${once}`);
    if (tree(once) !== tree(text)) expect.unreachable(`means something else:\n${once}`);
    expect(comments(once)).toEqual(comments(scattered));
  }
});
