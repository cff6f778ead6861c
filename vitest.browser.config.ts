import { defineConfig } from 'vitest/config';

/** What runs in pages, in a real browser. Installs one first where there is none. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: 'tests/browser/open-browser.ts',
    fileParallelism: false,
    disableConsoleIntercept: true,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
