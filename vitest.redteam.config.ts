import { defineConfig } from 'vitest/config';

/** Folders that lie: what `verify` says of them, beside what transformers does with them. Installs transformers first where it is missing. */
export default defineConfig({
  test: {
    include: ['tests/redteam/**/*.test.ts'],
    globalSetup: 'tests/interop/python.ts',
    fileParallelism: false,
    // the counts are what the suite tells
    disableConsoleIntercept: true,
    testTimeout: 1_800_000,
    hookTimeout: 900_000,
  },
});
