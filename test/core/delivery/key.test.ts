import { describe, expect, it } from '@jest/globals';
import { parseKey } from '../../../core/delivery/key.ts';

describe('a key of the landing zone', () => {
  it.each([
    ['landing/retailos/stores/a.csv', 'retailos.stores', 'a.csv'],
    ['landing/retailos/stores/2024/01/a b+ü.csv.gz', 'retailos.stores', 'a b+ü.csv.gz'],
    ['landing/nobody/knows/x', 'nobody.knows', 'x'],
    ['landing/retailos/stores/..hidden', 'retailos.stores', '..hidden'],
  ])('%s names a dataset and a file', (key, dataset, name) => {
    expect(parseKey(key)).toEqual({ ok: true, dataset, name });
  });

  it.each([
    ['landing/retailos/../secret/a.csv', 'invalid_key'],
    ['landing/retailos/stores/%2e%2e/a.csv', 'invalid_key'],
    ['landing/retailos%2Fstores/a/b.csv', 'invalid_key'],
    ['landing/retailos/stores/a\\b.csv', 'invalid_key'],
    ['landing//stores/a.csv', 'invalid_key'],
    ['landing/retailos/stores/', 'invalid_key'],
    ['landing/retailos/a.csv', 'unknown_dataset'],
    ['elsewhere/retailos/stores/a.csv', 'unknown_dataset'],
    ['a.csv', 'unknown_dataset'],
  ])('%s is refused: %s', (key, reason) => {
    expect(parseKey(key)).toEqual({ ok: false, reason });
  });
});
