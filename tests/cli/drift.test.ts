/** `raspc drift` on a small seeded model: its course over checkpoints, and what else is given as one. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMeasured } from '../../src/page/data/read-measured.ts';
import { type DriftReport, SEEDED_CONFIG, type SeededFolder, seededFolder, type TextUse } from '../support/seeded-folder.ts';
import { cli } from './run-cli.ts';

let folder: SeededFolder;
beforeAll(async () => {
  folder = await seededFolder();
});
afterAll(() => folder.remove());

test('the course over checkpoints in a folder of the Trainer, in words and in numbers', async () => {
  folder.changed('run/checkpoint-900', 'transformer.h.1.attn.c_attn.weight', (value, _, column) => (column < 32 ? -value : value));
  folder.changed('run/checkpoint-80', 'transformer.wte.weight', (value) => value);
  const window = [63, 5, 9, 12, 30, 5, 9, 12, 30, 7, 5, 9];
  writeFileSync(folder.at('text.ids'), `${JSON.stringify(window)}\n${window.join(' ')}\n`);
  const argv = [folder.at('run'), '--positions', '24', '--text', folder.at('text.ids')];
  const report = await folder.drift(...argv);
  const { circuits, points } = report;
  expect(points.map(({ step }) => step)).toEqual([0, 80, 900]);
  expect(circuits).toEqual([{ name: 'induction', course: 'is lost since step 900, by its scores' }]);
  expect(points[1]?.entries.every(({ moved }) => moved === 0)).toBe(true);
  expect(points[2]?.heads.map(({ queryKey, valueOutput }) => [queryKey.toFixed(2), valueOutput.toFixed(2)])).toEqual([
    ['1.00', '1.00'],
    ['-1.00', '1.00'],
  ]);
  // of eleven targets twice, those that repeat what followed before; the circuit is what knows them
  const [, { text }] = points as [DriftReport['points'][number], DriftReport['points'][number]];
  const { known, rest } = text as { known: TextUse; rest: TextUse };
  expect([known.targets, rest.targets]).toEqual([8, 14]);
  expect(known.without - known.loss).toBeGreaterThan(1);
  expect(Math.abs(rest.without - rest.loss)).toBeLessThan(known.without - known.loss);
  const { stdout, stderr } = await cli(['drift', folder.at('seeded/raspc.json'), ...argv]);
  expect(stderr).toBe('');
  expect(stdout).toContain('induction is lost since step 900, by its scores');
  // what pages are made of
  const json = JSON.stringify(report);
  const read = readMeasured(json, 'drift.json');
  expect(read).toMatchObject({ kind: 'drift', drift: { circuits, points: [{ step: 0 }, { step: 80 }, { step: 900 }] } });
  expect(() => readMeasured(json.replace(/"said":[^,]+/, '"said":"all"'), 'drift.json')).toThrow(
    /circuits\[0\][.]said is .* and not a number/,
  );
  expect(() => readMeasured(json.slice(0, -9), 'drift.json')).toThrow('holds no measurements');
});

test('what was never seeded, has other sizes, or is no text is said to be so', async () => {
  const argv = [
    'seed',
    'programs/seeds/induction.rasp',
    '--like',
    folder.at('config.json'),
    '--bos',
    '63',
    '--seed',
    '2',
    '--unseeded',
    '-o',
    folder.at('never'),
  ];
  expect((await cli(argv)).code).toBe(0);
  const { circuits, points } = await folder.drift(folder.at('never'), '--positions', '24');
  expect(points[1]?.circuits[0]?.verdict).toBe('never seeded');
  expect(circuits[0]?.course).toContain('was never in this checkpoint');
  const refused = async (...argv: string[]) => {
    const { code, stderr } = await cli(['drift', folder.at('seeded/raspc.json'), ...argv]);
    expect(code).not.toBe(0);
    return stderr;
  };
  writeFileSync(folder.at('small.json'), JSON.stringify({ ...SEEDED_CONFIG, n_layer: 1 }));
  await cli(['seed', 'programs/seeds/previous_token.rasp', '--like', folder.at('small.json'), '--bos', '63', '-o', folder.at('small')]);
  expect(await refused(folder.at('small'))).toContain('R7742');
  writeFileSync(folder.at('book.txt'), 'Call me Ishmael.\n');
  expect(await refused(folder.at('never'), '--text', folder.at('book.txt'))).toContain('R7741');
});
