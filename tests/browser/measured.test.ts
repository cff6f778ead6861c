/** Pages of what was measured of a model: the course of its circuits through a training, and what its heads compute. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../build.ts';
import { cli } from '../cli/run-cli.ts';
import { type SeededFolder, seededFolder } from '../support/seeded-folder.ts';
import { faultsOfAxe, openFile } from './in-page.ts';
import { openBrowser } from './open-browser.ts';

let folder: SeededFolder;
let browser: Browser;

/** Runs a command, and keeps what it prints as JSON. */
async function measure(file: string, ...argv: string[]): Promise<void> {
  const { code, stdout } = await cli([...argv, '--format', 'json']);
  expect(code).toBe(0);
  writeFileSync(folder.at(file), stdout);
}

const shown = async (...argv: string[]): Promise<string> => {
  const page = folder.at('page.html');
  const { code, stderr } = await cli(['show', ...argv, '-o', page, '--force']);
  expect([code, stderr]).toEqual([0, '']);
  return page;
};

beforeAll(async () => {
  await build();
  folder = await seededFolder();
  browser = await openBrowser();
  // the scores of the second head are turned round, then its values are gone as well
  const turned = (value: number, column: number): number => (column < 32 ? -value : value);
  folder.changed('run/checkpoint-40', 'transformer.wte.weight', (value) => value);
  folder.changed('run/checkpoint-90', 'transformer.h.1.attn.c_attn.weight', (value, _, column) => turned(value, column));
  await measure('drift.json', 'drift', folder.at('seeded/raspc.json'), folder.at('run'), '--positions', '24');
  await measure('match.json', 'match', folder.at('seeded'), '--positions', '24', '--effect-windows', '2', '--effects', '2');
});

afterAll(async () => {
  await browser?.close();
  folder?.remove();
});

describe('the page of a training', () => {
  test('is the same from the file as from the command, and has its curves and its numbers', async () => {
    const html = folder.at('drift.html');
    const argv = ['drift', folder.at('seeded/raspc.json'), folder.at('run'), '--positions', '24', '--html', html];
    expect((await cli(argv)).code).toBe(0);
    const { page, faults } = await openFile(browser, await shown(folder.at('drift.json')));
    expect(readFileSync(html, 'utf8')).toBe(readFileSync(folder.at('page.html'), 'utf8'));
    expect(await page.locator('.verdict').first().textContent()).toBe('induction is lost since step 90, by its scores.');
    const figure = page.locator('figure', { hasText: 'How much of it works' });
    expect(await figure.locator('svg > g.curve').count()).toBe(4);
    // a curve goes down where the circuit is lost
    const marks = figure.locator('svg > g.curve').nth(1).locator('.mark');
    const heights = await marks.evaluateAll((paths) => paths.map((path) => path.getBoundingClientRect().top));
    expect(heights).toHaveLength(3);
    expect(heights[1]).toBeCloseTo(heights[0] as number, 0);
    expect(heights[2]).toBeGreaterThan((heights[0] as number) + 50);
    const { points } = JSON.parse(readFileSync(folder.at('drift.json'), 'utf8')) as { points: { circuits: { said: number }[] }[] };
    await figure.locator('summary').click();
    const row = figure.locator('tr', { hasText: 'what it writes says' }).locator('td');
    expect(await row.allTextContents()).toEqual(points.map(({ circuits }) => circuits[0]?.said.toPrecision(3)));
    expect(faults).toEqual([]);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('passes the checks of axe in %s, on a narrow screen too', async (scheme) => {
    const { page } = await openFile(browser, await shown(folder.at('drift.json')), scheme);
    expect(await faultsOfAxe(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.close();
  });
});

describe('the page of what heads compute', () => {
  test('maps all heads, and tells of each by keyboard', async () => {
    const { page, faults } = await openFile(browser, await shown(folder.at('match.json')));
    expect(await page.locator('.stack button').count()).toBe(8);
    await page.locator('.stack button[data-place="0.0"]').focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('.facts').textContent()).toMatch(/^Head 1[.]0 is \w*induction, pattern/);
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('.facts').textContent()).toMatch(/^Head 1[.]1 computes nothing known/);
    expect(await page.locator('li', { hasText: 'previous_token 0.0 → ' }).count()).toBe(1);
    expect(await faultsOfAxe(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('shows names full of markup as text', async () => {
    const hostile = '<script>globalThis.hacked=1</script><img src=x onerror=hacked=1>';
    const text = readFileSync(folder.at('match.json'), 'utf8').replaceAll('"previous_token"', JSON.stringify(hostile));
    writeFileSync(folder.at('hostile.json'), text);
    const { page, faults } = await openFile(browser, await shown(folder.at('hostile.json')));
    expect(await page.locator('td', { hasText: hostile }).count()).toBe(1);
    expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.close();
  });
});
