/** Chromium, headless and without a network of its own, for tests that need a real page. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';
import { type Browser, chromium } from 'playwright-core';

const SETUP = resolve(import.meta.dirname, '../../scripts/browser-setup.sh');

const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** Vitest's global setup: one browser for all files. Without one the suite fails, and the setup has said why. */
export default function findBrowser(): void {
  process.env.RASPC_BROWSER =
    execFileSync(SETUP, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
      .trim()
      .split('\n')
      .at(-1) ?? '';
}

export function openBrowser(): Promise<Browser> {
  const executablePath = process.env.RASPC_BROWSER;
  if (executablePath === undefined || executablePath === '') throw new Error('the suite has a global setup that finds a browser');
  return chromium.launch({ executablePath, args: [...QUIET, '--disable-component-update', '--disable-sync'] });
}
