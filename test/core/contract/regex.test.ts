import { describe, expect, it } from '@jest/globals';
import { toRe2 } from '../../../core/contract/regex.ts';

describe('a pattern in SQL', () => {
  it.each([
    [/^C?\d{6}$/, '^C?[0-9]{6}$'],
    [/^[\dA-F-]+$/, '^[0-9A-F-]+$'],
    [/^a\/b$/, '^a/b$'],
    [/^.[.]\.$/, '^[^\\n\\r\\x{2028}\\x{2029}][.]\\.$'],
    [/^(?:EU|UK)-\d$/, '^(?:EU|UK)-[0-9]$'],
  ])('%p means what it means in JavaScript', (pattern, expected) => {
    expect(toRe2(pattern, 'code')).toBe(expected);
  });

  it.each([
    [/a(?=b)/, 'look-around'],
    [/(?<y>\d)/, 'named group'],
    [/(a)\1/, 'back-reference'],
    [/\p{L}/u, 'Unicode property'],
    [/\w+/, 'other characters in SQL'],
    [/abc/i, 'the flag "i"'],
  ])('%p is refused, with what to write instead', (pattern, what) => {
    expect(() => toRe2(pattern, 'code')).toThrow(
      expect.objectContaining({
        code: 'contract.unsupported_pattern',
        message: expect.stringContaining(what),
        fix: expect.stringContaining('[A-Za-z0-9_]'),
      }),
    );
  });
});
