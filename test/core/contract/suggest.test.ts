import { describe, expect, it } from '@jest/globals';
import { suggest } from '../../../core/contract/suggest.ts';

describe('a suggestion', () => {
  it('names the nearest, and all that is allowed', () => {
    expect(suggest('partitonBy', ['key', 'partitionBy'])).toBe(
      'Did you mean "partitionBy"? Allowed: key, partitionBy',
    );
  });

  it('guesses nothing where nothing is near', () => {
    expect(suggest('zzzzzz', ['key', 'rules'])).toBe('Allowed: key, rules');
  });
});
