import { defineConfig } from 'vitest/config';

/** The everyday suite: everything but tests/long (`npm run test:long`) and tests/interop (`npm run test:interop`), tests/browser (`npm run test:browser`) and tests/redteam (`npm run test:redteam`). */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/long/**', 'tests/interop/**', 'tests/browser/**', 'tests/redteam/**', '**/node_modules/**'],
    // by default a core is left free, which on two of them is half of the machine
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
