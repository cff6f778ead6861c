/** `raspc match` on small models: what was seeded or compiled is found where it is, its twin has nothing, and what cannot be read is refused. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMeasured } from '../../src/page/data/read-measured.ts';
import { type SeededFolder, seededFolder } from '../support/seeded-folder.ts';
import { cli } from './run-cli.ts';

interface Report {
  readonly heads: readonly {
    readonly layer: number;
    readonly head: number;
    readonly verdict: string;
    readonly function: string | null;
    readonly pattern: { readonly overlap: number; readonly queries: number } | null;
    readonly weights: { readonly says: string | null };
    readonly effect: { readonly ablated: readonly number[]; readonly explained: readonly number[] } | null;
    readonly p: number | null;
  }[];
  readonly paths: readonly {
    readonly from: { readonly head: number };
    readonly to: { readonly head: number };
    readonly through: string;
    readonly pattern: number | null;
    readonly without: number | null;
  }[];
}

let seeded: SeededFolder;
let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  seeded = await seededFolder();
  folder = mkdtempSync(join(tmpdir(), 'raspc-match-'));
});
afterAll(() => {
  seeded.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function matched(...argv: string[]): Promise<Report> {
  const { code, stdout } = await cli(['match', ...argv, '--positions', '32', '--windows', '4', '--format', 'json', '--quiet']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Report;
}

const known = ({ heads }: Report) =>
  heads.flatMap((head) => (head.verdict === 'is' ? [`${head.layer}.${head.head} ${head.function} ${head.weights.says}`] : []));

test('a seeded model: its heads, what depends on them, and that one reads the other', async () => {
  const report = await matched(seeded.at('seeded'), '--resume', at('state.json'));
  expect(known(report)).toEqual(['0.0 previous_token null', '1.0 induction copies']);
  expect(report.heads.filter(({ verdict }) => verdict === 'nothing known')).toHaveLength(6);
  for (const { verdict, effect, p } of report.heads) {
    if (verdict !== 'is') continue;
    expect(p).toBeLessThan(1e-20);
    // without the head the loss rises; the program in its place does nearly all of it
    expect(effect?.ablated[1]).toBeGreaterThan(1);
    expect(effect?.explained[0]).toBeGreaterThan(0.9);
  }
  expect(report.paths).toHaveLength(1);
  expect(report.paths[0]).toMatchObject({ from: { layer: 0, head: 0 }, to: { layer: 1, head: 0 }, through: 'keys' });
  expect(report.paths[0]?.without).toBeLessThan(0.5 * (report.paths[0]?.pattern ?? 0));
  // from what was kept: the same, and another model's is not taken
  const kept = JSON.parse(readFileSync(at('state.json'), 'utf8')) as { layer: number; heads: { layer: number }[] };
  expect([kept.layer, kept.heads.length]).toEqual([2, 8]);
  expect(await matched(seeded.at('seeded'), '--resume', at('state.json'))).toEqual(report);
  seeded.changed('turned', 'transformer.h.1.attn.c_attn.weight', (value, _, column) => (column < 32 ? -value : value));
  expect(known(await matched(seeded.at('turned'), '--resume', at('state.json')))).toEqual(['0.0 previous_token null']);
  const { stderr } = await cli(['match', seeded.at('seeded'), '--positions', '16', '--effects', '0', '--resume', at('state.json')]);
  expect(stderr).toContain('state.json holds another measurement');
  // what is no state of ours, and what stands where results are to go, is not written over, and that is said before anything is measured
  writeFileSync(at('book.txt'), 'Call me Ishmael.');
  for (const option of ['--resume', '--html', '--emit']) {
    const refused = await cli(['match', seeded.at('seeded'), option, at('book.txt')]);
    expect([option, refused.code, refused.stderr.includes('error[R8504]'), refused.stdout]).toEqual([option, 3, true, '']);
  }
  expect(readFileSync(at('book.txt'), 'utf8')).toBe('Call me Ishmael.');
});

test('the same model without circuits: nothing', async () => {
  const argv = ['seed', 'programs/seeds/induction.rasp', '--like', seeded.at('config.json'), '--bos', '63', '--unseeded', '-o', at('twin')];
  expect((await cli(argv)).code).toBe(0);
  const report = await matched(at('twin'));
  expect(report.heads.map((head) => head.verdict)).toEqual(new Array(8).fill('nothing known'));
  expect(report.paths).toEqual([]);
  const { stdout } = await cli(['match', at('twin'), '--positions', '32']);
  expect(stdout).toContain('no head computes a known function');
});

test('a function of the user’s own; a program of what was found, and what pages are made of', async () => {
  const five = ['@vocab any;', '@causal;', 'five_back = aggregate(select(indices, indices - 5, ==), tokens);', '@export five_back;'];
  writeFileSync(at('five.rasp'), five.join('\n'));
  const seed = ['seed', at('five.rasp'), '--like', seeded.at('config.json'), '--bos', '63', '-o', at('five')];
  expect((await cli(seed)).code).toBe(0);
  expect(known(await matched(at('five')))).toEqual([]);
  const written = ['--emit', at('found.rasp')];
  const run = await cli(['match', at('five'), '--program', at('five.rasp'), ...written, '--positions', '32']);
  expect(run.stdout).toMatch(/0\.0 +is +five_back/);
  expect(run.stderr).toContain(`wrote ${at('found.rasp')}`);
  expect(readFileSync(at('found.rasp'), 'utf8')).toContain('# five_back: head 0.0 (pattern 1.00');
  const plan = await cli(['seed', at('found.rasp'), '--like', seeded.at('config.json'), '--bos', '63', '--plan']);
  expect(plan.stdout).toContain('plan five_back');
  const { stdout } = await cli(['match', at('twin'), '--positions', '16', '--effects', '0', '--format', 'json']);
  const { heads } = JSON.parse(stdout) as { heads: unknown[] };
  const read = readMeasured(stdout, 'match.json');
  expect(read).toMatchObject({ kind: 'match', match: { heads: heads.map(() => ({ function: null })) } });
});

test('what a compiled model computes, by the family', async () => {
  const compile = ['compile', 'programs/induction.rasp', '--target', 'llama', '-o', at('compiled')];
  expect((await cli(compile)).code).toBe(0);
  expect(known(await matched(at('compiled'))).map((each) => each.split(' ')[1])).toEqual(['previous_token', 'latest_induction']);
});

test('text tells functions of what tokens say; without a tokenizer they are not tried, and that is said', async () => {
  const { stderr } = await cli(['match', seeded.at('seeded'), '--positions', '16']);
  expect(stderr).toContain('no tokenizer.json');
  const vocab = Object.fromEntries(Array.from({ length: 64 }, (_, id) => [id % 8 === 0 ? `Ċ${id}` : `Ġw${id}`, id]));
  const tokenizer = { model: { type: 'BPE', vocab, merges: [] }, decoder: { type: 'ByteLevel' }, added_tokens: [] };
  seeded.changed('worded', 'transformer.wte.weight', (value) => value);
  writeFileSync(seeded.at('worded/tokenizer.json'), JSON.stringify(tokenizer));
  const lines = Array.from({ length: 4 }, (_, w) =>
    Array.from({ length: 32 }, (_, i) => (i === 0 ? 63 : (i * (5 + 2 * w) + w) % 63)).join(' '),
  );
  writeFileSync(at('text.ids'), lines.join('\n'));
  const { heads } = await matched(seeded.at('worded'), '--text', at('text.ids'), '--effects', '0');
  // not measured is not said to be
  expect(heads.filter(({ verdict }) => verdict === 'is')).toEqual([]);
  expect(heads.find(({ layer, head }) => layer === 0 && head === 0)).toMatchObject({ verdict: 'resembles', function: 'previous_token' });
  const html = await cli(['match', seeded.at('worded'), '--text', at('text.ids'), '--positions', '32']);
  expect([html.code, html.stderr]).toEqual([0, '']);
  writeFileSync(at('short.ids'), '1 2 3\n');
  writeFileSync(at('other.ids'), `${lines[0]}\n50000 ${lines[1]}\n`);
  writeFileSync(at('book.txt'), 'Call me Ishmael.\n');
  for (const [name, code] of [
    ['short.ids', 'R7753'],
    ['other.ids', 'R7753'],
    ['book.txt', 'R7741'],
  ] as const) {
    expect((await cli(['match', seeded.at('seeded'), '--text', at(name)])).stderr).toContain(code);
  }
  const large = { ...tokenizer, model: { ...tokenizer.model, vocab: { ...vocab, more: 64 } } };
  writeFileSync(seeded.at('worded/tokenizer.json'), JSON.stringify(large));
  expect((await cli(['match', seeded.at('worded')])).stderr).toContain('R7753');
});

test('adapters, encoders, quantised weights, and programs that select nothing are refused', async () => {
  mkdirSync(at('adapter'));
  writeFileSync(at('adapter/adapter_config.json'), '{"peft_type":"LORA"}');
  const adapter = await cli(['match', at('adapter')]);
  expect(adapter.stderr).toContain('R7752');
  expect(adapter.stderr).toContain('adapter');
  const compile = ['compile', 'programs/reverse.rasp', '--target', 'bert', '-o', at('encoder')];
  expect((await cli(compile)).code).toBe(0);
  expect((await cli(['match', at('encoder')])).stderr).toContain('it is no causal language model');
  seeded.changed('quantised', 'transformer.wte.weight', (value) => value);
  const config = JSON.parse(readFileSync(seeded.at('quantised/config.json'), 'utf8')) as object;
  writeFileSync(seeded.at('quantised/config.json'), JSON.stringify({ ...config, quantization_config: { bits: 4 } }));
  const { stderr } = await cli(['match', seeded.at('quantised')]);
  expect(stderr).toContain('quantization_config');
  expect(stderr).toContain('dequantise');
  seeded.changed('none', 'transformer.wte.weight', (value, row, column) => (row === 7 && column === 3 ? Number.NaN : value));
  const none = await cli(['match', seeded.at('none')]);
  expect(none.code).toBe(3);
  expect(none.stderr).toContain('error[R7009]: `transformer.wte.weight` in `model.safetensors` holds NaN at [7, 3]');
  // weights as older checkpoints keep them
  seeded.changed('pickled', 'transformer.wte.weight', (value) => value);
  renameSync(seeded.at('pickled/model.safetensors'), seeded.at('pickled/pytorch_model.bin'));
  expect((await cli(['match', seeded.at('pickled')])).stderr).toContain('the weights are in `pytorch_model.bin`, which is not read');
  writeFileSync(at('empty.txt'), '\n');
  expect((await cli(['match', seeded.at('seeded'), '--text', at('empty.txt')])).stderr).toContain('it is empty');
  writeFileSync(at('numbers.rasp'), '@vocab any;\n@causal;\nn = indices + 1;\n@export n;\n');
  expect((await cli(['match', seeded.at('seeded'), '--program', at('numbers.rasp')])).stderr).toContain('R7751');
});

test('what a model loses that circuits are written over is told first, and too much is refused', async () => {
  // it knows what follows where a token comes again, and the second circuit takes the first one's dimensions
  const once = (w: number) => Array.from({ length: 15 }, (_, i) => (i * (5 + 2 * w) + 3 * w) % 62);
  const lines = Array.from({ length: 6 }, (_, w) => [63, ...once(w), ...once(w)].join(' '));
  writeFileSync(at('again.ids'), lines.join('\n'));
  const argv = ['seed', 'programs/seeds/three_back.rasp', '--into', seeded.at('seeded'), '--bos', '63', '--text', at('again.ids')];
  const refused = await cli([...argv, '-o', at('over')]);
  expect(refused.stderr).toContain('error[R7754]');
  const [, before, after] = /goes from ([\d.]+) to ([\d.]+)/.exec(refused.stdout) ?? [];
  expect(Number(after) - Number(before)).toBeGreaterThan(0.5);
  expect(existsSync(at('over'))).toBe(false);
  const forced = await cli([...argv, '-o', at('over'), '--force', '--format', 'json']);
  expect(forced.code).toBe(0);
  const { overwritten } = JSON.parse(forced.stdout) as { overwritten: { isText: boolean; before: number; after: number } };
  expect(overwritten.isText).toBe(true);
  expect(overwritten.after).toBeCloseTo(Number(after), 3);
  const told = await cli(['seed', 'programs/seeds/three_back.rasp', '--into', seeded.at('seeded'), '--bos', '63', '-o', at('told')]);
  const moved = Number(/moves by ([\d.]+)/.exec(told.stdout)?.[1]);
  expect(told.stdout.includes('raspc graft')).toBe(moved > 0.5);
  const drawn = ['seed', 'programs/seeds/three_back.rasp', '--like', seeded.at('config.json'), '--bos', '63', '--unseeded'];
  expect((await cli([...drawn, '-o', at('drawn')])).code).toBe(0);
  const into = await cli(['seed', 'programs/seeds/three_back.rasp', '--into', at('drawn'), '--bos', '63', '-o', at('new')]);
  expect([into.code, into.stderr]).toEqual([0, '']);
  expect(into.stdout).toContain('on random tokens, what the model says moves by');
});
