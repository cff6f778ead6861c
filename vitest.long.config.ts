import { defineConfig } from 'vitest/config';

/** Suites that take minutes: larger contexts, the packed tarball. */
export default defineConfig({
  test: {
    include: ['tests/long/**/*.test.ts'],
    // packing cleans dist, which other suites run; and what is measured should have the machine to itself
    fileParallelism: false,
    // the margins and errors are part of what these suites tell
    disableConsoleIntercept: true,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
