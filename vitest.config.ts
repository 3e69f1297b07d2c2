import { defineConfig } from 'vitest/config'

/** Tests that start processes of their own and watch the clock, and one that computes for minutes beside them: after the quick ones. */
const SYSTEM = [
  'test/crash/**/*.test.ts',
  'test/e2e/**/*.test.ts',
  'test/browser/**/*.test.ts',
  'test/install/**/*.test.ts',
  'test/scenario/years/years.test.ts',
]

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: SYSTEM,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: SYSTEM,
          // They wait more than they work.
          maxWorkers: 3,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
