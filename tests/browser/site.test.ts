/** The site in a real browser: the playground from typing to a folder that the command line verifies, and documentation whose links lead somewhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import process from 'node:process';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Observation } from '../../src/page/data/observation.ts';
import { cli } from '../cli/run-cli.ts';
import { faultsOfAxe, type Opened } from './in-page.ts';
import { openBrowser } from './open-browser.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const SITE = join(PROJECT, 'site');

const COUNTS = '@vocab "abc"; @context 8; @causal;\ncounts = selector_width(select(tokens, tokens, ==));\n@export counts;\n';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

let folder: string;
let browser: Browser;
let server: Server;
let address: string;

beforeAll(async () => {
  execFileSync('npm', ['run', '--silent', 'site'], { cwd: PROJECT });
  folder = mkdtempSync(join(tmpdir(), 'raspc-site-'));
  server = createServer(({ url = '/' }, response) => {
    const file = join(SITE, decodeURIComponent(new URL(url, 'http://site').pathname));
    if (!existsSync(file)) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'image/png' }).end(readFileSync(file));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(path: string, colorScheme: 'light' | 'dark' = 'light', from = address): Promise<Opened> {
  const page = await browser.newPage({ colorScheme });
  const faults: string[] = [];
  // pages of documentation have their search beside them
  const allowed = new Set([path, 'search.js', 'search-index.js'].map((each) => `${from}/${each}`));
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => /^(blob|data|about):/.test(request.url()) || allowed.has(request.url()) || faults.push(request.url()));
  await page.goto(`${from}/${path}`);
  return { page, faults };
}

/** The playground, cut off from every network once it is there. */
async function openPlayground(fragment = '', colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
  const opened = await open(`playground.html${fragment}`, colorScheme);
  await opened.page.waitForSelector('.cm-content');
  await opened.page.context().setOffline(true);
  return opened;
}

/** Types a program in place of the one that is there. */
async function write(page: Page, text: string): Promise<void> {
  await page.locator('.cm-content').focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

const pictureOn = (page: Page, input: string) => page.waitForSelector(`svg.raspc-picture[aria-label="On ${input}"]`);

async function compiled(page: Page): Promise<Observation> {
  await page.waitForSelector('iframe', { timeout: 120_000 });
  const frame = page.frameLocator('iframe');
  await frame.locator('input[type=range]').first().waitFor({ timeout: 60_000 });
  return JSON.parse((await frame.locator('#raspc-shown').textContent()) ?? 'null') as Observation;
}

describe('the playground', () => {
  test('goes from typing to a folder that the command line verifies', async () => {
    const start = performance.now();
    const { page, faults } = await openPlayground();
    await page.waitForSelector('svg.raspc-picture');
    const first = performance.now();
    const loaded = await page.evaluate(
      () => performance.now() - (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming).loadEventEnd,
    );
    await write(page, COUNTS.replace('tokens, ==', 'tokns, =='));
    const problem = page.locator('.problems .error');
    await problem.waitFor();
    expect(await problem.textContent()).toContain('tokns');
    expect(await page.locator('.cm-lintRange-error').textContent()).toBe('tokns');
    expect(await page.locator('svg.raspc-picture').count()).toBe(0);
    await write(page, COUNTS);
    const typed = performance.now();
    await page.fill('#input', 'abca');
    await pictureOn(page, 'abca');
    const [opened, edited] = [first - start, performance.now() - typed].map((each) => each.toFixed(0));
    process.stdout.write(
      `the playground was there, with its picture, in ${opened} ms, ${loaded.toFixed(0)} ms after it was loaded; an edit took ${edited} ms\n`,
    );
    expect(await page.locator('.problems li').count()).toBe(0);
    await page.getByLabel('Name').fill('counts');
    await page.getByLabel('Compile for').selectOption('llama');
    // by keyboard
    await page.locator('.cm-content').focus();
    await page.keyboard.press('Control+Enter');
    const { outputs, text } = await compiled(page);
    expect([text, outputs[0]?.values.join(' ')]).toEqual(['abca', '1 1 1 2']);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the folder' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('counts-llama.zip');
    const entries = Object.entries(unzipSync(new Uint8Array(readFileSync(await download.path()))));
    for (const [name, bytes] of entries) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    const made = join(folder, 'counts-llama');
    const verified = await cli(['verify', made]);
    expect(verified.stderr).toBe('');
    expect(verified.code).toBe(0);
    // the folder is the one that the command line writes
    writeFileSync(join(folder, 'counts.rasp'), COUNTS);
    const own = join(folder, 'own');
    expect((await cli(['compile', join(folder, 'counts.rasp'), '--target', 'llama', '-o', own, '--quiet'])).code).toBe(0);
    expect(readdirSync(made).sort()).toEqual(readdirSync(own).sort());
    expect(readFileSync(join(made, 'model.safetensors')).equals(readFileSync(join(own, 'model.safetensors')))).toBe(true);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('says what a text of faults is, and why an input is none', async () => {
    const { page, faults } = await openPlayground();
    await write(page, COUNTS);
    await page.fill('#input', 'x');
    await page.locator('section[aria-label="Running example"] .fault', { hasText: 'vocabulary' }).waitFor();
    await write(page, 'x = (');
    await page.waitForSelector('.problems .error');
    await page.getByRole('button', { name: 'Compile', exact: true }).click();
    await page.waitForSelector('section[aria-label="Model"] [role=alert]');
    expect(faults).toEqual([]);
    await page.close();
  });

  test('says what a name is, and puts right what a machine can', async () => {
    const { page, faults } = await openPlayground();
    await write(page, COUNTS.replace('tokens, ==', 'tokns, =='));
    await page.locator('.problems button.fix', { hasText: 'tokens' }).first().click();
    await page.waitForSelector('svg.raspc-picture');
    expect(await page.locator('.problems li').count()).toBe(0);
    // by keyboard: at the name that the second line defines
    await page.locator('.cm-content').focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Control+i');
    const tip = page.locator('.cm-tip');
    await tip.waitFor();
    expect(await tip.textContent()).toContain('counts');
    await page.keyboard.press('Escape');
    expect(await tip.count()).toBe(0);
    // by pointer
    await page.locator('.cm-line', { hasText: '@export' }).hover({ position: { x: 75, y: 8 } });
    await tip.waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  test('completes names of the library', async () => {
    const { page, faults } = await openPlayground();
    await write(page, '@vocab "abc";\n');
    await page.locator('section[aria-label="Running example"] .fault', { hasText: '@export' }).waitFor();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('x = selector_wi', { delay: 30 });
    const option = page.locator('.cm-tooltip-autocomplete li', { hasText: 'selector_width' }).first();
    await option.waitFor();
    await option.click();
    await page.locator('.cm-content', { hasText: 'x = selector_width' }).waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  test('stops a compilation, and goes on', async () => {
    const { page, faults } = await openPlayground();
    // of seconds on any machine
    await write(page, readFileSync(join(PROJECT, 'programs/addition.rasp'), 'utf8').replace(/@context \d+/, '@context 1024'));
    await page.getByRole('button', { name: 'Compile', exact: true }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('[role=alert]', { hasText: 'Stopped.' }).waitFor();
    await write(page, COUNTS);
    await page.fill('#input', 'aab');
    await pictureOn(page, 'aab');
    await page.getByRole('button', { name: 'Compile', exact: true }).click();
    expect((await compiled(page)).outputs[0]?.values.join(' ')).toBe('1 2 1');
    expect(faults).toEqual([]);
    await page.close();
  });

  test('is in its address', async () => {
    const first = await openPlayground();
    await write(first.page, COUNTS);
    await first.page.fill('#input', 'cacc');
    await pictureOn(first.page, 'cacc');
    const { hash } = new URL(first.page.url());
    await first.page.close();
    const { page } = await openPlayground(hash);
    await pictureOn(page, 'cacc');
    expect(await page.locator('.cm-content').textContent()).toContain('counts = selector_width');
    await page.close();
  });

  test('shows names full of markup as text', async () => {
    const hostile = '<img src=x onerror=hacked=1>';
    const { page, faults } = await openPlayground();
    await write(page, COUNTS.replace('"abc"', `["a", ${JSON.stringify(hostile)}]`));
    await page.fill('#input', JSON.stringify(['a', hostile]));
    await page.locator('svg.raspc-picture', { hasText: '<img' }).waitFor();
    await page.getByRole('button', { name: 'Compile', exact: true }).click();
    expect((await compiled(page)).outputs[0]?.values).toEqual(['1', '1']);
    expect(await page.locator('img').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('passes the checks of axe in %s', async (scheme) => {
    const { page } = await openPlayground('', scheme);
    await page.waitForSelector('svg.raspc-picture');
    expect(await faultsOfAxe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Compile', exact: true }).click();
    await compiled(page);
    expect(await faultsOfAxe(page)).toEqual([]);
    if (process.env.RASPC_PICTURES !== undefined)
      await page.screenshot({ path: join(process.env.RASPC_PICTURES, `${scheme}.png`), fullPage: true });
    await page.close();
  });

  test('opens from a disk', async () => {
    const { page, faults } = await open('playground.html', 'light', `file://${SITE}`);
    await write(page, COUNTS);
    await page.fill('#input', 'abca');
    await pictureOn(page, 'abca');
    expect(faults).toEqual([]);
    await page.close();
  });

  test('fits a narrow screen', async () => {
    const { page } = await openPlayground();
    await page.setViewportSize({ width: 360, height: 700 });
    await page.waitForSelector('svg.raspc-picture');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.close();
  });
});

describe('the documentation', () => {
  test.each([
    ['from a server', () => address],
    ['from a disk', () => `file://${SITE}`],
  ])('is searched by keyboard, %s', async (_, from) => {
    const { page, faults } = await open('docs/language.html', 'light', from());
    faults.length = 0;
    await page.getByRole('searchbox').focus();
    await page.keyboard.type('bracket_depth');
    const first = page.locator('form[role=search] li a').first();
    await first.waitFor();
    expect(await page.locator('form[role=search] li').count()).toBeGreaterThan(1);
    expect(await faultsOfAxe(page)).toEqual([]);
    await page.keyboard.press('ArrowDown');
    expect(await first.evaluate((link) => link === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => !url.href.includes('docs/language.html'));
    expect(await page.locator('main').textContent()).toContain('bracket_depth');
    await page.goBack();
    await page.getByRole('searchbox').fill('R4008');
    await page.locator('form[role=search] li', { hasText: 'R4008' }).first().waitFor();
    await page.getByRole('searchbox').fill('xyzzyplugh');
    await page.locator('form[role=search] [role=status]', { hasText: 'Nothing was found' }).waitFor();
    await page.close();
  });

  test('has its code in colours, and programs that open in the playground', async () => {
    const language = readFileSync(join(SITE, 'docs/language.html'), 'utf8');
    expect(language).toContain('<span class="directive">@vocab</span> <span class="text">&#34;abcd&#34;</span>');
    expect(readFileSync(join(SITE, 'docs/training.html'), 'utf8')).toContain('hljs-keyword');
    const { page } = await open('programs/sort.rasp.html');
    await page.getByRole('link', { name: 'Open it in the playground' }).click();
    await page.locator('.cm-content', { hasText: 'sorted = aggregate' }).waitFor();
    await page.close();
  });

  test('links only to what is there', () => {
    const pages = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.html') && name !== 'playground.html',
    );
    const texts = new Map(pages.map((name) => [join(SITE, name), readFileSync(join(SITE, name), 'utf8')]));
    expect(pages).toContain(join('docs', 'tutorial.html'));
    const broken = [...texts].flatMap(([file, text]) =>
      [...text.matchAll(/ (?:href|src)="(?![a-z]+:)([^"]*)"/g)].flatMap(([, link = '']) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file : join(dirname(file), path);
        // the playground's anchors are programs
        const isHere =
          anchor === undefined || target === join(SITE, 'playground.html') || texts.get(target)?.includes(`id="${anchor}"`) === true;
        const isThere = existsSync(target) && isHere;
        return isThere ? [] : [`${file}: ${link}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  test.each(['light', 'dark'] as const)('passes the checks of axe in %s', async (scheme) => {
    // the long ones once
    const long = scheme === 'light' ? ['index.html', 'contents.html', 'examples.html', 'programs/std/README.html'] : [];
    for (const path of ['docs/language.html', 'programs/sort.rasp.html', ...long]) {
      const { page } = await open(path, scheme);
      expect(await faultsOfAxe(page), path).toEqual([]);
      await page.close();
    }
  });
});
