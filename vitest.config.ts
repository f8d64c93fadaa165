import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '**/test/**/*.test.ts',
      '**/src/**/*.test.ts',
      'trusted-apps/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/build/**', 'data/**'],
    // One PostgreSQL server for the run, started only if a test asks for a database.
    globalSetup: ['apps/issuer/src/postgres/test-server.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
