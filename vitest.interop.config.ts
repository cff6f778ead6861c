import { defineConfig } from 'vitest/config';

/** What raspc writes, in HuggingFace's own software; and what that writes, in raspc. Installs it first where it is missing. */
export default defineConfig({
  test: {
    include: ['tests/interop/**/*.test.ts'],
    globalSetup: 'tests/interop/python.ts',
    // two Pythons with torch at once are slower than one after the other
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
