import { defineConfig } from 'vitest/config';

/** The everyday suite: everything but tests/long (`npm run test:long`) and tests/interop (`npm run test:interop`) and tests/browser (`npm run test:browser`). */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/long/**', 'tests/interop/**', 'tests/browser/**', '**/node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
