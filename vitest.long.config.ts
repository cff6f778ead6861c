import { defineConfig } from 'vitest/config';

/** Suites that take minutes: larger contexts, the packed tarball. */
export default defineConfig({
  test: {
    include: ['tests/long/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
