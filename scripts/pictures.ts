/**
 * `npm run pictures`: the pictures of README and docs/, by the commands themselves, so that they show what raspc draws today. The one of a
 * page takes a browser (scripts/browser-setup.sh).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { packagePath } from '../src/cli/files/package-path.ts';
import { main } from '../src/cli/main.ts';
import { processIo } from '../src/cli/terminal/process-io.ts';

const PICTURES = packagePath('docs', 'pictures');
/** What a picture may have, so that a clone stays small. */
const MOST_BYTES = 250_000;

const STEPS = [
  `draw programs/sort.rasp --input hello -o ${PICTURES}/draw.svg --force`,
  'compile programs/sort.rasp --target bert -o out/pictures/sort --force --quiet',
  'show out/pictures/sort --input hello -o out/pictures/sort.html --force',
];

for (const step of STEPS) {
  const code = await main(step.split(' '), processIo());
  if (code !== 0) process.exit(code);
}
mkdirSync(PICTURES, { recursive: true });
const program = execFileSync(packagePath('scripts', 'browser-setup.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const browser = await chromium.launch({ executablePath: program.trim().split('\n').at(-1) ?? '', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1180, height: 860 } });
await page.goto(`file://${packagePath('out', 'pictures', 'sort.html')}`);
await page.waitForSelector('input[type=range]');
await page.getByRole('button', { name: 'head 1.0' }).click();
await page.locator('svg.circuit g').last().hover();
await page.screenshot({ path: `${PICTURES}/page.png`, fullPage: true });
await browser.close();
for (const name of ['draw.svg', 'page.png']) {
  const { size } = statSync(`${PICTURES}/${name}`);
  console.log(`docs/pictures/${name}: ${size} bytes`);
  if (size > MOST_BYTES) process.exitCode = 1;
}
