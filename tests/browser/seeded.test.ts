/** Pages of seeded models: which parts of the stack are circuits, where their heads look on the windows that were given, and what they say. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SeededPageData } from '../../src/page/data/page-data.ts';
import type { SeededObservation } from '../../src/page/data/seeded-observation.ts';
import { build } from '../build.ts';
import { cli } from '../cli/run-cli.ts';
import { dataOfPage } from '../support/page-data.ts';
import { SEEDED_CONFIG, type SeededFolder, seededFolder } from '../support/seeded-folder.ts';
import { smallTokenizer } from '../support/small-tokenizer.ts';
import { faultsOfAxe, openFile } from './in-page.ts';
import { openBrowser } from './open-browser.ts';

const PROGRAM = `# <img src=x onerror=hacked=1>
@vocab ["(", ")", "<script>"];
@context 12;
@causal;
open = select(tokens, "(", ==);
opened = aggregate(open, 1);
depth = round((indices + 1) * aggregate(select(1, 1, ==), indicator(tokens == "("))) - round((indices + 1) * aggregate(select(1, 1, ==), indicator(tokens == ")")));
@export depth;
`;

const NUMBERED = `@vocab tokenizer;
@context 12;
@causal;
number = matches(tokens, "^ ?[0-9]+$");
after_number = aggregate(select(indices, indices - 1, ==), number, False);
@export after_number;
`;

let folder: SeededFolder;
let browser: Browser;
let induction: string;

async function done(...argv: string[]): Promise<void> {
  const { code, stderr } = await cli(argv);
  expect([code, stderr]).toEqual([0, '']);
}

/** Until the model in the page runs. */
const live = (page: Page) => page.waitForSelector('input[type=range]', { timeout: 60_000 });

const shown = async (page: Page): Promise<SeededObservation> => JSON.parse((await page.textContent('#raspc-shown')) ?? 'null');

beforeAll(async () => {
  await build();
  folder = await seededFolder();
  browser = await openBrowser();
  induction = folder.at('induction.html');
  await done('show', folder.at('seeded'), '--input', '5 9 12 5 9 12', '[7, 8, 7]', '-o', induction);
});

afterAll(async () => {
  await browser?.close();
  folder?.remove();
});

describe('a model with induction', () => {
  test('shows its heads in the stack, their attention and what they say', async () => {
    const { page, faults } = await openFile(browser, induction);
    const { circuits, heads, tokens } = await shown(page);
    expect(tokens.join(' ')).toBe('BOS 5 9 12 5 9 12');
    expect(circuits[0]?.map((value) => value?.expected ?? null)).toEqual([null, null, null, null, '9', '12', '5']);
    expect(circuits[0]?.slice(4).map((value) => value?.said)).toEqual(['9', '12', '5']);
    // where nothing is selected, the first position takes it
    expect(heads[1]?.head.measured?.bos[0]).toBeGreaterThan(0.9);
    expect(heads.map(({ right }) => right)).toEqual([expect.closeTo(1, 1), expect.closeTo(1, 1)]);
    expect(await page.locator('.stack .full').count()).toBe(2);
    expect(await page.locator('.verdict', { hasText: '3 of 3 positions' }).count()).toBe(1);
    // from the head to its words, by keyboard
    await page.locator('.stack button[data-place="0.0"]').focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('svg[aria-label^="attention of head 1.0"]').count()).toBe(1);
    expect(await page.locator('.source .lit', { hasText: 'previous' }).count()).toBeGreaterThan(0);
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('p', { hasText: 'No program is behind head 1.1' }).count()).toBe(1);
    await live(page);
    await page.getByLabel('Window').fill('[7, 8, 7]');
    expect((await shown(page)).tokens.join(' ')).toBe('BOS 7 8 7');
    expect(faults).toEqual([]);
    await page.close();
  });

  test('answers what is typed as the command line would, and says what is no window', async () => {
    const { recorded } = dataOfPage<SeededPageData>(induction);
    const { page, faults } = await openFile(browser, induction);
    await live(page);
    for (const each of recorded) {
      await page.getByLabel('Window').fill(each.text);
      expect(await shown(page)).toEqual(each);
    }
    await page.getByLabel('Window').fill('3 1 3');
    expect((await shown(page)).circuits[0]?.at(-1)?.expected).toBe('1');
    await page.getByLabel('Window').fill('3 1 64');
    expect(await page.textContent('#window-help')).toContain('64 is no token');
    await page.getByLabel('Window').fill('3 1 3');
    await page.waitForSelector('.verdict', { timeout: 60_000 });
    expect(faults).toEqual([]);
    await page.close();
  });

  test('tells what a silenced head breaks', async () => {
    const { page, faults } = await openFile(browser, induction);
    await live(page);
    await page.locator('fieldset label', { hasText: 'head 1.0' }).getByRole('checkbox').check();
    await page.waitForSelector('.verdict.wrong');
    await page.getByRole('button', { name: 'Mend everything' }).click();
    expect(await page.locator('.verdict', { hasText: '3 of 3 positions' }).count()).toBe(1);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('without the model shows what was recorded, and says so', async () => {
    const file = folder.at('recorded.html');
    await done('show', folder.at('seeded'), '--input', '5 9 5 9', '7 8 7', '--no-weights', '-o', file);
    const { page, faults } = await openFile(browser, file);
    expect(await page.textContent('.note')).toContain('was recorded');
    await page.getByLabel('Window').selectOption({ index: 1 });
    expect((await shown(page)).tokens.join(' ')).toBe('BOS 7 8 7');
    expect(await faultsOfAxe(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('passes the checks of axe in %s, on a narrow screen too', async (scheme) => {
    const { page } = await openFile(browser, induction, scheme);
    expect(await faultsOfAxe(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.close();
  });

  test('has what was measured of it on the same page', async () => {
    const { stdout } = await cli(['match', folder.at('seeded'), '--positions', '16', '--effects', '0', '--format', 'json']);
    writeFileSync(folder.at('match.json'), stdout);
    const file = folder.at('both.html');
    await done('show', folder.at('seeded'), '--input', '5 9 5 9', '--match', folder.at('match.json'), '-o', file);
    const { page } = await openFile(browser, file);
    expect(await page.locator('.note', { hasText: 'By what it does, head 0.0 resembles previous_token' }).count()).toBe(1);
    expect(await faultsOfAxe(page)).toEqual([]);
    await page.close();
  });
});

test('a compiled circuit: features with the lead of their codes, and names full of markup as text', async () => {
  const program = folder.at('depth.rasp');
  writeFileSync(program, PROGRAM);
  const tokens = ['--token', '(=7', '--token', ')=8'];
  await done('seed', program, '--like', folder.at('config.json'), ...tokens, '-o', folder.at('depth'));
  const file = folder.at('depth.html');
  await done('show', folder.at('depth'), '--input', '(()', '["(", "<script>"]', '-o', file);
  const { recorded, facts } = dataOfPage<SeededPageData>(file);
  expect(facts.circuits.map(({ name, kind }) => [name, kind])).toEqual([['depth', 'feature']]);
  const [values = []] = recorded[0]?.circuits ?? [];
  expect(values.map((value) => value?.said ?? null)).toEqual([null, '1', '2', '1']);
  for (const value of values.slice(1)) expect(value?.margin).toBeGreaterThan(0.3);
  const { page, faults } = await openFile(browser, file);
  await live(page);
  for (const each of recorded) {
    await page.getByLabel('Window').fill(each.text);
    expect(await shown(page)).toEqual(each);
  }
  expect(await page.locator('pre', { hasText: '<img src=x' }).count()).toBe(1);
  expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
  expect(await page.locator('img').count()).toBe(0);
  expect(faults).toEqual([]);
  await page.close();
});

test.each([
  ['the cat', 'R8206'],
  ['1 2 64', 'R8206'],
  [Array.from({ length: 40 }, () => 5).join(' '), 'R8202'],
  ['', 'R8206'],
])('a window %j of another model is refused', async (input, code) => {
  const { stderr, code: exit } = await cli(['show', folder.at('seeded'), '--input', input, '-o', folder.at('refused.html')]);
  expect(exit).not.toBe(0);
  expect(stderr).toContain(`error[${code}]`);
});

test('a program over a tokenizer: texts are typed, and cut in the page', async () => {
  const tokenizer = folder.at('small/tokenizer.json');
  mkdirSync(folder.at('small'));
  writeFileSync(tokenizer, smallTokenizer([' the', ' cat', ' 12']));
  const { vocab } = (JSON.parse(smallTokenizer([' the', ' cat', ' 12'])) as { model: { vocab: object } }).model;
  writeFileSync(folder.at('small/config.json'), JSON.stringify({ ...SEEDED_CONFIG, vocab_size: Object.keys(vocab).length + 1 }));
  const program = folder.at('numbered.rasp');
  writeFileSync(program, NUMBERED);
  const options = ['--like', folder.at('small/config.json'), '--tokenizer', tokenizer];
  await done('seed', program, ...options, '-o', folder.at('numbered'));
  const file = folder.at('numbered.html');
  await done('show', folder.at('numbered'), '--tokenizer', tokenizer, '--input', ' the 12 cat', '-o', file);
  const { page, faults } = await openFile(browser, file);
  const [recorded] = dataOfPage<SeededPageData>(file).recorded;
  await live(page);
  expect(await shown(page)).toEqual(recorded);
  await page.getByLabel('Window').fill(' cat 12 the the');
  const { tokens, circuits } = await shown(page);
  expect(tokens.slice(1)).toEqual(['␣cat', '␣12', '␣the', '␣the']);
  expect(circuits[0]?.slice(1).map((value) => value?.said)).toEqual(['F', 'F', 'T', 'F']);
  expect(faults).toEqual([]);
  await page.close();
});
