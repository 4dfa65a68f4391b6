/** The tests that need a deployed stack; `npm run test:e2e` deploys it first. */
import common from '../../jest.config.mjs';

export default {
  ...common,
  rootDir: '../..',
  testMatch: ['**/test/e2e/*.e2e.ts', '**/test/platform/catalog/glue.test.ts'],
  testTimeout: 90_000,
  // One stack for all: a file that takes its permissions away must not disturb another.
  maxWorkers: 1,
};
