/** `raspc challenge`: what is set can be solved, a wrong answer is not, the key is the one that was sealed, and a league counts by its rule. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leagueTable } from '../../src/challenge/league.ts';
import { openModel } from '../../src/runtime/model.ts';
import { answerFile, CHALLENGES, type Listed, setChallenge } from '../support/challenges.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';
import { cli } from './run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-challenge-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const called = (name: string) => CHALLENGES.find((each) => each.name === name) as Listed;
const check = (name: string, answer: string) => cli(['challenge', 'check', join(folder, name), answer]);

/** One of each form; tests/interop solves them all as a stranger does. */
describe.each(['echo', 'alarm', 'two', 'hushed'].map(called))('$name, $form', (listed) => {
  beforeAll(async () => {
    expect(await setChallenge(listed, folder)).toMatchObject({ code: 0, stderr: '' });
  });

  test('gives away neither the map nor the source', () => {
    expect(readdirSync(join(folder, listed.name)).sort()).toEqual(['README.md', 'challenge.json', 'model']);
    const model = readdirSync(join(folder, listed.name, 'model'));
    expect(model).toContain('model.safetensors');
    expect(model.filter((file) => file === 'raspc.json' || file === 'README.md')).toEqual([]);
    for (const file of ['README.md', 'challenge.json'])
      expect(readFileSync(join(folder, listed.name, file), 'utf8')).not.toContain('select');
  });

  test('is solved by its own answer, and not by a wrong one', async () => {
    const { answer, program } = JSON.parse(readFileSync(join(folder, `${listed.name}.key`), 'utf8'));
    const right = answerFile(listed, folder, listed.form === 'what' ? program.source : answer, 'right');
    expect(await check(listed.name, right)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^solved \(1\): /) });
    const wrong = await check(listed.name, answerFile(listed, folder, listed.wrong, 'wrong'));
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringMatching(/^(not solved \(0\)|solved in part \(0\.5\)): /) });
  });

  test('has the key that was sealed, and no other', async () => {
    const key = join(folder, `${listed.name}.key`);
    expect((await cli(['challenge', 'reveal', join(folder, listed.name), key])).code).toBe(0);
    const other = join(folder, 'other.key');
    writeFileSync(other, readFileSync(key, 'utf8').replace('"a secret"', '"another"'));
    expect(await cli(['challenge', 'reveal', join(folder, listed.name), other])).toMatchObject({
      code: 1,
      stdout: 'the key is not the one that was sealed\n',
    });
  });
});

describe('what changed', () => {
  const listed: Listed = { ...called('mended'), tier: '2' };
  const answer = (name: string, text: string) => answerFile(listed, folder, text, name);
  const looking = 'before = aggregate(select(indices, indices - 1, ==), tokens, "-");\n';
  beforeAll(async () => {
    expect(await setChallenge(listed, folder)).toMatchObject({ code: 0, stderr: '' });
  });

  test('has two models, and is solved by where they differ', async () => {
    expect(readdirSync(join(folder, 'mended')).sort()).toEqual(['README.md', 'before', 'challenge.json', 'model']);
    const right = answer('right', `${looking}changed = tokens == "c" and before != "-";\n@export changed;\n`);
    expect(await check('mended', right)).toMatchObject({ code: 0, stdout: expect.stringContaining('where the models differ on all 363') });
    const wrong = await check('mended', answer('wrong', 'changed = tokens == "c"; @export changed;'));
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('such as ["c"]') });
  });

  test('what is no answer, and two models that do the same, get words', async () => {
    expect((await check('mended', answer('other', 'answer = tokens; @export answer;'))).stderr).toMatch(/error\[R/);
    const { before: _, ...alone } = listed;
    expect((await setChallenge(alone, join(folder, 'no'))).stderr).toContain('of one program nothing has changed');
    expect((await setChallenge({ ...listed, name: 'echo' }, join(folder, 'no'))).stderr).toContain('the two models say the same');
    expect((await setChallenge({ ...listed, before: 'start' }, join(folder, 'no'))).stderr).toContain('other tokens');
    const told = join(folder, 'mended/challenge.json');
    const { before: __, ...untold } = JSON.parse(readFileSync(told, 'utf8'));
    writeFileSync(told, JSON.stringify(untold));
    expect((await check('mended', answer('late', 'changed = tokens == "c"; @export changed;'))).stderr).toContain('how `before` is read');
  });
});

test('decoys are computed, and neither the model nor the challenge speaks of them', async () => {
  const told = readFileSync(join(folder, 'hushed/challenge.json'), 'utf8');
  expect(JSON.parse(told).outputs.map(({ name }: { name: string }) => name)).toEqual(['answer']);
  const heads = (name: string) => openModel(diskFolder(join(folder, name, 'model'))).config.sizes;
  expect(heads('hushed').heads).toBeGreaterThan(1);
  expect((await setChallenge({ ...called('hushed'), decoys: ['answer', 'times', 'before'] }, join(folder, 'no'))).stderr).toContain(
    'all of its outputs are decoys',
  );
  expect((await setChallenge({ ...called('hushed'), decoys: ['nothing'] }, join(folder, 'no'))).stderr).toContain('no output `nothing`');
});

test('only the last tier stands in a trained model', async () => {
  const set = ['challenge', 'new', 'challenges/two.rasp', '--tier', '4', '--host', 'anywhere', '--secret', 's'];
  expect((await cli([...set, '-o', join(folder, 'no'), '--key', join(folder, 'no.key')])).stderr).toContain('error[R8004]');
});

test('another secret puts the same program elsewhere, and the same one in the same bytes', async () => {
  const weights = async (where: string, secret: string) => {
    const own = join(folder, where);
    expect((await setChallenge(called('echo'), own, { secret })).code).toBe(0);
    return readFileSync(join(own, 'echo/model/model.safetensors')).toString('base64');
  };
  const [first, other, again] = [await weights('1', 'one'), await weights('2', 'two'), await weights('3', 'one')];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

test('what is no challenge, answer or league gets words', async () => {
  const error = async (...argv: string[]) => (await cli(argv)).stderr;
  const file = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const at = (name: string) => join(folder, name);
  expect(await error('challenge', 'solve', 'x')).toContain('error[R8004]');
  expect(await error('challenge', 'new', 'challenges/alarm.rasp', '-o', at('no'))).toContain('error[R8003]');
  const refused = { ...called('alarm'), value: '?' };
  expect((await setChallenge({ ...refused, name: 'alarm' }, at('no'))).stderr).toContain('error[R7763]');
  expect((await setChallenge({ ...called('echo'), form: 'place' }, at('no'))).stderr).toContain('error[R7763]');
  expect(await error('challenge', 'check', at('two'), file('a.json', { heads: [[7, 0]], neurons: [] }))).toContain(
    '[7, 0] is no layer and number',
  );
  expect(await error('challenge', 'check', at('two'), file('b.json', { heads: 'all' }))).toContain('error[R7762]');
  expect(await error('challenge', 'check', at('alarm'), file('c.json', { input: ['z'] }))).toContain('`z` is no token');
  expect(await error('challenge', 'check', at('alarm'), file('d.json', { input: [] }))).toContain('takes 1 to 6');
  writeFileSync(at('e.rasp'), 'answer = ;');
  expect(await error('challenge', 'check', at('echo'), at('e.rasp'))).toMatch(/error\[R1/);
  const told = JSON.parse(readFileSync(join(folder, 'two/challenge.json'), 'utf8'));
  writeFileSync(join(folder, 'two/challenge.json'), JSON.stringify({ ...told, ask: { output: 'other' } }));
  expect(await error('challenge', 'check', at('two'), at('a.json'))).toContain('which is no output');
  const league = { teams: ['a', 'b', 'c'], challenges: [{ name: 'x', setter: 'a' }], submissions: [] };
  expect(await error('challenge', 'score', file('f.json', { ...league, teams: ['a'] }))).toContain('at least three teams');
  const submission = { challenge: 'x', team: 'a', score: 1, time: 1 };
  expect(await error('challenge', 'score', file('g.json', { ...league, submissions: [submission] }))).toContain('cannot solve it');
});

describe('a league', () => {
  const teams = ['a', 'b', 'c', 'd'];
  const table = (scores: Readonly<Record<string, readonly [score: number, time: number]>>) =>
    Object.fromEntries(
      leagueTable({
        teams,
        challenges: [{ name: 'x', setter: 'a' }],
        submissions: Object.entries(scores).map(([team, [score, time]]) => ({ challenge: 'x', team, score, time })),
      }).map(({ team, points }) => [team, points]),
    );

  test.each([
    ['nobody solves it', {}, { a: 0, b: 0, c: 0, d: 0 }],
    ['one does', { b: [1, 9] }, { a: 6, b: 4, c: 0, d: 0 }],
    ['two do, and one in part', { b: [1, 9], c: [1, 5], d: [0.5, 1] }, { a: 3, b: 3, c: 4, d: 1 }],
    ['all do', { b: [1, 1], c: [1, 1], d: [1, 2] }, { a: 0, b: 4, c: 4, d: 3 }],
  ] as const)('%s', (_, scores, points) => {
    expect(table(scores)).toEqual(points);
  });

  test('says the table', async () => {
    const path = join(folder, 'league.json');
    const submissions = [{ challenge: 'x', team: 'b', score: 1, time: 3 }];
    writeFileSync(path, JSON.stringify({ teams, challenges: [{ name: 'x', setter: 'a' }], submissions }));
    expect((await cli(['challenge', 'score', path])).stdout).toBe('     6  a\n     4  b\n     0  c\n     0  d\n');
  });
});
