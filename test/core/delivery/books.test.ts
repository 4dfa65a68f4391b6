import { describe, expect, it } from '@jest/globals';
import { assertBalanced, balanced } from '../../../core/delivery/books.ts';

const books = { read: 10, accepted: 7, quarantined: 2, duplicate: 1 };

describe('the books of a delivery', () => {
  it('balance when every row read is accounted for', () => {
    expect(balanced(books)).toBe(true);
    expect(balanced({ ...books, read: 11 })).toBe(false);
  });

  it.each([
    ['a row is lost', { ...books, accepted: 6 }, { data: 6, quarantine: 2 }],
    ['a file lacks a row', books, { data: 6, quarantine: 2 }],
    ['the quarantine has one too many', books, { data: 7, quarantine: 3 }],
  ])('stop the delivery when %s', (_, told, written) => {
    expect(() => assertBalanced('d1', told, written)).toThrow(
      expect.objectContaining({ code: 'books.unbalanced', message: expect.stringContaining('Delivery d1') }),
    );
  });

  it('let a balanced one pass', () => {
    expect(() => assertBalanced('d1', books, { data: 7, quarantine: 2 })).not.toThrow();
  });
});
