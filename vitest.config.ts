import { defineConfig } from 'vitest/config';

/**
 * `*.test.ts` runs in this process; `*.real.test.ts` starts servers, browsers and other processes;
 * `*.soak.test.ts` counts: a sample in `npm test`, all of it in `npm run soak`.
 */
export default defineConfig({
  test: {
    reporters: ['default', './scripts/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'inside',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.real.test.ts', 'test/**/*.soak.test.ts'],
          // The longest take 2 s on an idle machine; one that others use takes more.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'outside',
          include: ['test/**/*.real.test.ts', 'test/**/*.soak.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
