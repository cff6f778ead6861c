/** Pages of models in a real browser: what they show is what the runtime computes, an edit changes it, and what is broken is told. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { headKey, runModel } from '../../src/draw/model/model-run.ts';
import { openCompiled } from '../../src/library/compiled-folder.ts';
import type { Observation } from '../../src/page/data/observation.ts';
import type { ModelPageData } from '../../src/page/data/page-data.ts';
import { memoryFolder } from '../../src/source/byte-source.ts';
import { build } from '../build.ts';
import { cli } from '../cli/run-cli.ts';
import { dataOfPage } from '../support/page-data.ts';
import { faultsOfAxe, openFile } from './in-page.ts';
import { openBrowser } from './open-browser.ts';

const MOST_BYTES = 350_000;

let folder: string;
let browser: Browser;

beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'raspc-pages-'));
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function done(...argv: string[]): Promise<void> {
  const { code, stderr } = await cli(argv);
  expect(stderr).toBe('');
  expect(code).toBe(0);
}

/** Compiles a program, and writes its page. */
async function pageOf(program: string, target: string, input: string, ...more: string[]): Promise<string> {
  const name = `${program.replace(/\W/g, '-')}-${target}`;
  await done('compile', program, '--target', target, '-o', join(folder, name), '--force', '--quiet', ...more);
  const file = join(folder, `${name}.html`);
  await done('show', join(folder, name), '--input', input, '-o', file, '--force', '--quiet');
  return file;
}

const open = (file: string, colorScheme: 'light' | 'dark' = 'light') => openFile(browser, file, colorScheme);

const live = (page: Page) => page.waitForSelector('input[type=range]', { timeout: 60_000 });

async function shown(page: Page): Promise<Observation> {
  return JSON.parse((await page.textContent('#raspc-shown')) ?? 'null') as Observation;
}

/** Types an input, and waits for its answer; returns how long that took in the page. */
async function edit(page: Page, text: string): Promise<number> {
  return page.evaluate(async (typed) => {
    const field = document.querySelector<HTMLInputElement>('input[type=text]');
    if (field === null) throw new Error('the page has no input');
    const start = performance.now();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, typed);
    field.dispatchEvent(new Event('input', { bubbles: true }));
    for (;;) {
      await new Promise((next) => requestAnimationFrame(next));
      const text = JSON.parse(document.getElementById('raspc-shown')?.textContent ?? 'null')?.text;
      if (text === typed) return performance.now() - start;
    }
  }, text);
}

const dataOf = dataOfPage<ModelPageData>;

const CASES = [
  ['programs/hist.rasp', 'gpt2', 'hello', 'banana', '1 1 1 2 2 3'],
  ['programs/sort.rasp', 'bert', 'hello', 'banana', 'a a a b n n'],
  ['programs/dyck2.rasp', 'llama', '([])', '([)', 'P P F'],
  ['programs/double_hist.rasp', 'gpt-neox', 'aabbc', 'abab', null],
  ['programs/most_frequent.rasp', 'llama', 'abcab', 'bbaac', null],
  ['programs/reverse.rasp', 'bert', 'abc', 'hello', 'o l l e h'],
] as const;

describe.each(CASES)('%s as %s', (program, target, input, edited, answer) => {
  let file: string;
  beforeAll(async () => {
    file = await pageOf(program, target, input);
  });

  test('shows what the runtime computes, and answers an edit', async () => {
    const { page, faults } = await open(file);
    await live(page);
    const first = await shown(page);
    const files = new Map(
      Object.entries(dataOf(file).files ?? {}).map(([name, packed]) => [name, new Uint8Array(gunzipSync(Buffer.from(packed, 'base64')))]),
    );
    const { map, model } = openCompiled(memoryFolder(files));
    const idOf = new Map(map.vocabulary.map(({ id, value }) => [String(value), id]));
    const compare = (observation: Observation): void => {
      const run = runModel(model, Int32Array.of(map.bos.id, ...observation.input.map((token) => idOf.get(token) as number)));
      expect(observation.attention).toHaveLength(run.attention.size);
      for (const { layer, head, weights } of observation.attention) {
        const rows = run.attention.get(headKey(layer, head)) ?? [];
        for (const [query, row] of rows.entries())
          for (const [key, weight] of row.entries()) expect(Math.abs(weight - (weights[query]?.[key] ?? 9))).toBeLessThan(1e-4);
      }
    };
    compare(first);
    expect(first.firstWrong).toBeNull();
    const took = await edit(page, edited);
    const second = await shown(page);
    compare(second);
    expect(second.outputs.flatMap(({ isWrong }) => isWrong)).not.toContain(true);
    if (answer !== null) expect(second.outputs[0]?.values.join(' ')).toBe(answer);
    expect(faults).toEqual([]);
    process.stdout.write(`${program} as ${target}: ${readFileSync(file).length} bytes, an edit took ${took.toFixed(0)} ms\n`);
    await page.close();
  });
});

describe('a page', () => {
  let file: string;
  beforeAll(async () => {
    file = await pageOf('programs/dyck2.rasp', 'gpt2', '(()]');
  });

  test.each(['light', 'dark'] as const)('passes the checks of axe in %s', async (scheme) => {
    const { page } = await open(file, scheme);
    await live(page);
    expect(await faultsOfAxe(page)).toEqual([]);
    await page.close();
  });

  test('is small without its weights', () => {
    const text = readFileSync(file, 'utf8').replace(/"files":\{[^}]*\}/, '"files":null');
    expect(gzipSync(text, { level: 9 }).length).toBeLessThan(MOST_BYTES);
  });

  test('fits a narrow screen', async () => {
    const { page } = await open(file);
    await page.setViewportSize({ width: 360, height: 700 });
    await live(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.close();
  });

  test('lights up a word of the source with its head and its cells, by keyboard', async () => {
    const { page } = await open(file);
    await live(page);
    await page.locator('.source .piece', { hasText: 'selector_width' }).first().focus();
    expect(await page.locator('svg.circuit g.lit').count()).toBeGreaterThan(0);
    expect(await page.locator('.choices .lit').count()).toBeGreaterThan(0);
    await page.close();
  });

  test('steps through the layers, says why, and tells what a silenced head breaks first', async () => {
    const { page, faults } = await open(file);
    await live(page);
    await page.getByRole('button', { name: 'next →' }).click();
    expect(await page.locator('caption', { hasText: 'The stream after layer 0, attention' }).count()).toBe(1);
    expect(await page.locator('.why tbody tr').count()).toBeGreaterThan(1);
    await page.locator('fieldset label', { hasText: 'head 0.0' }).getByRole('checkbox').check();
    await page.waitForSelector('.verdict.wrong');
    expect(await page.textContent('.verdict')).toMatch(
      /^First wrong: opened after layer 0 attention, at (BOS: it is nothing that it can be|position 0: it is 0, and should be 1)/,
    );
    await page.getByRole('button', { name: 'Mend everything' }).click();
    await page.waitForSelector('.verdict:not(.wrong)');
    expect(faults).toEqual([]);
    await page.close();
  });

  test('a weight that is dragged, by the pointer or by keys, breaks what hangs on it, and mends where it was', async () => {
    const { page, faults } = await open(file);
    await live(page);
    const slider = page.locator('input[type=range]');
    const value = () => slider.evaluate((element) => (element as HTMLInputElement).valueAsNumber);
    expect(await value()).toBe(1);
    await slider.scrollIntoViewIfNeeded();
    const box = await slider.boundingBox();
    if (box === null) throw new Error('the slider is not drawn');
    const [at, y] = [(part: number) => box.x + part * box.width, box.y + box.height / 2];
    // from where the thumb stands, three quarters of the way, to its left end and on
    await page.mouse.move(at(0.75), y);
    await page.mouse.down();
    await page.mouse.move(at(0.4), y, { steps: 5 });
    await page.mouse.move(at(-0.1), y, { steps: 5 });
    await page.mouse.up();
    expect(await value()).toBe(-2);
    await page.waitForSelector('.verdict.wrong');
    expect(await page.textContent('.verdict')).toMatch(/^First wrong: /);
    await slider.focus();
    for (let step = 0; step < 60; step++) await page.keyboard.press('ArrowRight');
    expect(await value()).toBe(1);
    await page.waitForSelector('.verdict:not(.wrong)');
    expect(faults).toEqual([]);
    await page.close();
  });

  test('says what is wrong with an input, and goes on', async () => {
    const { page } = await open(file);
    await live(page);
    await page.fill('input[type=text]', 'x');
    expect(await page.textContent('[role=alert]')).toContain('is not in the vocabulary');
    await page.fill('input[type=text]', '');
    expect(await page.locator('[role=alert]').count()).toBe(1);
    await page.fill('input[type=text]', '()');
    await page.waitForSelector('table.outputs');
    expect(await page.locator('[role=alert]').count()).toBe(0);
    await page.close();
  });

  test.each([
    ['in its program', (text: string) => text.slice(0, text.indexOf('id="raspc-data"') - 2000), 'has not started'],
    ['in its data', (text: string) => text.slice(0, -3000), 'is not whole'],
    ['of its weights', (text: string) => text.replace(/("model[.]safetensors":"[^"]{200})[^"]*"/, '$1"'), 'cannot be run'],
  ])('that was cut off %s says so', async (_, cut, says) => {
    const broken = join(folder, 'cut.html');
    writeFileSync(broken, cut(readFileSync(file, 'utf8')));
    const { page } = await open(broken);
    const fault = page.locator('p.fault');
    await fault.waitFor();
    expect(await fault.textContent()).toContain(says);
    await page.close();
  });

  test('whose weights do not fit its map says so where the picture would be', async () => {
    const data = dataOf(file);
    const other = dataOf(await pageOf('programs/hist.rasp', 'gpt2', 'abc'));
    const mixed = { ...data, files: { ...data.files, 'raspc.json': other.files?.['raspc.json'] } };
    const broken = join(folder, 'mixed.html');
    writeFileSync(
      broken,
      readFileSync(file, 'utf8').replace(
        /(id="raspc-data">).*(<\/script>)/,
        (_, a, b) => `${a}${JSON.stringify(mixed).replace(/</g, '\\u003c')}${b}`,
      ),
    );
    const { page } = await open(broken);
    await page.waitForSelector('header [role=alert]');
    expect(await page.textContent('header [role=alert]')).toContain('cannot be run');
    await page.close();
  });

  test('without the model shows what was recorded, and says that it is all', async () => {
    await pageOf('programs/hist.rasp', 'gpt2', 'abca');
    const recorded = join(folder, 'recorded.html');
    await done('show', join(folder, 'programs-hist-rasp-gpt2'), '--input', 'abca', 'aaaa', '--no-weights', '-o', recorded);
    const { page, faults } = await open(recorded);
    expect(await page.textContent('.note')).toContain('was recorded');
    expect((await shown(page)).outputs[0]?.values.join(' ')).toBe('1 1 1 2');
    await page.getByLabel('Input').selectOption('aaaa');
    expect((await shown(page)).outputs[0]?.values.join(' ')).toBe('1 2 3 4');
    expect(await faultsOfAxe(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('without WebAssembly answers the same', async () => {
    const page = await browser.newPage();
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
    await page.goto(`file://${file}`);
    await live(page);
    const { page: whole } = await open(file);
    await live(whole);
    expect(await page.evaluate(() => typeof (globalThis as { WebAssembly?: unknown }).WebAssembly)).toBe('undefined');
    expect(await shown(page)).toEqual(await shown(whole));
    await Promise.all([page.close(), whole.close()]);
  });

  test('names full of markup stay text', async () => {
    const hostile = '<script>globalThis.hacked=1</script><img src=x onerror=hacked=1>';
    const program = join(folder, 'hostile.rasp');
    writeFileSync(
      program,
      `# ${hostile}\n@vocab ["a", ${JSON.stringify(hostile)}]; @context 4; @causal;\nx = selector_width(select(tokens, ${JSON.stringify(hostile)}, ==));\n@export x;\n`,
    );
    const { page, faults } = await open(await pageOf(program, 'gpt2', JSON.stringify(['a', hostile])));
    await live(page);
    expect((await shown(page)).outputs[0]?.values).toEqual(['0', '1']);
    expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.close();
  });
});
