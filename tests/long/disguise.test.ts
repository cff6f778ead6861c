/** Disguises on every family, with every step: no output is another on any input, and what is said to be proven stays so when it is verified. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openModel } from '../../src/runtime/model.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { cli } from '../cli/run-cli.ts';
import { writeRandomHost } from '../support/random-host.ts';
import { inTurn } from '../support/sampling.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';

const SOURCES = {
  hist: '@vocab "abc"; @context 5; @causal;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;\n',
  prev: '@vocab "abcd"; @context 4; @causal;\nprev = aggregate(select(indices, indices - 1, ==), tokens, "-");\n@export prev;\n',
  odd: '@vocab "ab"; @context 5; @causal;\nodd = selector_width(select(tokens, "a", ==)) % 2;\n@export odd;\n',
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-disguises-'));
  for (const [name, source] of Object.entries(SOURCES)) writeFileSync(join(folder, `${name}.rasp`), source);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = Object.keys(SOURCES);

const TWO = `@vocab "abc"; @context 4; @causal;
times = selector_width(select(tokens, tokens, ==));
repeated = aggregate(select(indices, indices - 1, ==), tokens, "-") == tokens;
@export times;
@export repeated;
`;

/** A program a family; the first four families take all. */
// OLMo 2, Gemma 2 and 3 are renumbered alone
const CASES = TARGETS.flatMap(({ name }, i) =>
  (i < 4 ? NAMES : [NAMES[i % NAMES.length] as string]).map((program) => ({ target: name, program })),
);

/** A third of them with every commit. */
test.each(inTurn(CASES, 3, 0))(
  '$program on $target',
  async ({ target, program }) => {
    const at = (name: string) => join(folder, `${target}-${name}`);
    const plain = at(program);
    expect(await cli(['compile', join(folder, `${program}.rasp`), '--target', target, '-o', plain])).toMatchObject({ code: 0 });
    for (const [label, more] of [
      ['proven', []],
      ['all', ['--all', '--layers', '2']],
    ] as const) {
      const [hidden, key] = [at(`${program}-${label}`), at(`${program}-${label}.key`)];
      const made = await cli(['disguise', plain, '--seed', label, ...more, '-o', hidden, '--key', key]);
      expect(made).toMatchObject({ code: 0, stderr: '' });
      const proof = made.stdout.includes('proven through the key') ? ['--require-proof'] : [];
      // whatever a family allows, some of it can be proven
      if (label === 'proven') expect(proof).not.toEqual([]);
      expect(await cli(['verify', hidden, '--key', key, '--exhaustive', ...proof])).toMatchObject({ code: 0, stderr: '' });
    }
  },
  120_000,
);

test.each(['llama', 'gpt-neox'])(
  'among the weights of a %s, whose queries and keys turn by frequencies of its own',
  async (target) => {
    const at = (name: string) => join(folder, `${target}-${name}`);
    writeFileSync(at('last.rasp'), SOURCES.prev.replace('abcd', 'abc').replace('4', '3'));
    writeRandomHost(at('host'), { target, matrices: 0.1 });
    expect(await cli(['compile', at('last.rasp'), '--target', target, '-o', at('last')])).toMatchObject({ code: 0 });
    const hidden = ['-o', at('guest'), '--key', at('guest.key')];
    expect(await cli(['disguise', at('last'), '--host', at('host'), '--seed', 's', ...hidden])).toMatchObject({ code: 0, stderr: '' });
    const verified = await cli(['verify', at('guest'), '--key', at('guest.key'), '--host', at('host'), '--exhaustive']);
    expect(verified).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('39 inputs, no mismatch') });
  },
  300_000,
);

test('a challenge of the last tier in a host: its own place is accepted, and no part of it', async () => {
  const [host, riddle, key] = ['host', 'riddle', 'riddle.key'].map((name) => join(folder, name)) as [string, string, string];
  writeRandomHost(host);
  writeFileSync(join(folder, 'two.rasp'), TWO);
  const asked = [join(folder, 'two.rasp'), '--form', 'place', '--about', 'repeated', '--tier', '5', '--host', host, '--secret', 's'];
  expect(await cli(['challenge', 'new', ...asked, '-o', riddle, '--key', key])).toMatchObject({ code: 0, stderr: '' });
  expect(openModel(diskFolder(join(riddle, 'model'))).config.sizes).toMatchObject({ width: 64, layers: 2, heads: 4 });
  const { answer } = JSON.parse(readFileSync(key, 'utf8'));
  for (const [heads, code] of [
    [answer.heads, 0],
    [[], 1],
  ] as const) {
    const path = join(folder, 'answer.json');
    writeFileSync(path, JSON.stringify({ heads, neurons: code === 0 ? answer.neurons : [] }));
    expect(await cli(['challenge', 'check', riddle, path])).toMatchObject({ code });
  }
}, 900_000);
