import { defineConfig } from 'vitest/config';

// One server and one browser at a time: what is measured here is measured on two cores.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
