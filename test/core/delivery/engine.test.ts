import { expect, it } from '@jest/globals';
import { engineFor } from '../../../core/delivery/engine.ts';

it.each([
  [100, 100, 'duckdb'],
  [101, 100, 'trino'],
  [0, 0, 'duckdb'],
  [1e12, undefined, 'duckdb'],
] as const)('a file of %d bytes where %s is the most for DuckDB goes to %s', (bytes, over, engine) => {
  expect(engineFor(bytes, over)).toBe(engine);
});
