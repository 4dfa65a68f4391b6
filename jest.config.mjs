/** Jest runs the TypeScript as ES modules: swc strips the types, Node loads the rest. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  // Says that something hangs, on a busy machine too: no test is about time.
  testTimeout: 120_000,
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/sequencer.mjs',
};
