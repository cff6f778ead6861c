/** What cannot be right gets words from python/raspc, and raspc's own word is heard where it is installed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build } from '../build.ts';
import { cli } from '../cli/run-cli.ts';
import { pythonJob } from './python.ts';

const SAID: readonly (readonly [string, string])[] = [
  ['no variables', 'holds no compiled model'],
  ['a list that is none', 'raspc.json cannot be right: `heads` is "hist", not a list'],
  ['a variable elsewhere', '`tokens` has a code of'],
  ['a code too short', '`tokens` has a code of 0 numbers'],
  ['a head too many', '`hist` is head 7 of layer 0'],
  ['an edge of nothing', "an edge carries 'nothing', which is no variable"],
  ['a node before its time', 'node 3 of its meaning reads a node that does not come before it'],
  ['a family that there is not', 'its target is gpt9, and known are bert, distilbert'],
  ['a BOS that there is not', 'BOS is token 1000000, and the model has '],
  ['a context that there is not', 'its context is 1000000, and the model has 7 positions'],
  ['a logit that there is not', '`double_hist` is read from logit 1000000, and the model has '],
  ['the weights of another', 'is not the file that the map speaks of'],
  ['which are read nevertheless', 'transformers cannot load'],
  ['a config that is a list', 'config.json is not the file that the map speaks of'],
  ['brackets without end', 'is no JSON'],
  ['a folder without a map', 'has no raspc.json: `raspc` did not write it, or it is disguised'],
  ['a file', 'is a file: give the folder that it lies in'],
  ['nothing that is a folder', 'None is no folder'],
  ['no folder', 'there is no '],
  ['no dataset', 'has no dataset.json: `raspc dataset` writes it'],
  ['which is read nevertheless', 'transformers cannot load'],
  ['a picture of halves', ''],
  ['no token', "'xb' begins with no token of the vocabulary: 'a', 'b', 'c', 'd'"],
  ['nothing', 'the input has 0 tokens, and the model takes 1 to 6'],
  ['too long', 'the input has 99 tokens'],
  ['no input', 'None is no input: that is a string, or a list of tokens'],
  ['no variable', "'nothing' is no variable; known are bos, tokens, hist"],
  ['no value', 'hist has no value 99; it has 1, 2, 3'],
  ['no position', '99 is no position of an input: they count from 0 to 5'],
  ['no patch', "'hist' is no patch"],
  ['beyond the input', 'hist is patched at position 4, and the input has 2 tokens'],
  ['no ideal', "'nothing' is no variable or output; known are bos, tokens, hist"],
  ['no hook', "'nothing' is no variable or head"],
  ['no name', "['hist'] is no variable or output"],
  ['BOS', 'bos marks BOS, and means nothing of an input'],
  ['true is no position', 'True is no position of an input'],
  ['no list of patches', 'patches come as a list'],
  ['a patch made by hand', 'hist has no value 99'],
  ['no patch of the stream', "'hist' is no patch"],
  ['beyond the stream', 'hist is patched at position 4, and the input has 2 tokens'],
  ['no picture', "no head computes 'nothing'; they are "],
  ['nobody', "'me' is nobody to ask"],
  ['not of raspc', 'raspc says what outputs are, without patches; they are double_hist'],
  ["raspc's word is the model's", ''],
  ["a meaning that is not the program's", 'the map is not of this program'],
  ['a node that reads too little', "of the map's meaning (select ==) has no value here"],
  ['no raspc', 'raspc cannot be called as no-such-command'],
];

beforeAll(build, 300_000);

test('python/raspc says in words what is wrong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-strangers-'));
  try {
    for (const [program, name, ...more] of [
      ['double_hist', 'double_hist'],
      ['hist', 'hist'],
      ['hist', 'half', '--dtype', 'bf16', '--compute', 'bf16'],
    ]) {
      const letters = ['--context', '6', '--vocab', '["a","b","c","d"]'];
      const argv = ['compile', `programs/${program}.rasp`, ...letters, ...more, '-o', join(folder, name as string)];
      expect((await cli(argv)).code).toBe(0);
    }
    const job = {
      folder: join(folder, 'double_hist'),
      other: join(folder, 'hist'),
      half: join(folder, 'half'),
      copy: join(folder, 'copy'),
      raspc: `node ${resolve(import.meta.dirname, '../../bin/raspc.js')}`,
    };
    const said = pythonJob('check_strangers.py', JSON.stringify(job)) as [string, string][];
    expect(said.map(([what]) => what)).toEqual(SAID.map(([what]) => what));
    for (const [i, [what, words]] of said.entries()) {
      if (SAID[i]?.[1] === '') expect([what, words]).toEqual([what, '']);
      else expect([what, words]).toEqual([what, expect.stringContaining(SAID[i]?.[1] as string)]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);
