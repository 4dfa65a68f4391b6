import { describe, expect, it } from '@jest/globals';
import { assertBalanced, balanced } from '../../../core/delivery/books.ts';

const books = { read: 10, accepted: 7, quarantined: 2, duplicate: 1 };
const files = (data: number, quarantine: number) => ({
  data: [{ records: data - 1 }, { records: 1 }],
  quarantine: [{ records: quarantine }],
});

describe('the books of a delivery', () => {
  it('balance when every row read is accounted for', () => {
    expect(balanced(books)).toBe(true);
    expect(balanced({ ...books, read: 11 })).toBe(false);
  });

  it.each([
    ['a row is lost', { ...books, accepted: 6 }, files(6, 2)],
    ['a file lacks a row', books, files(6, 2)],
    ['the quarantine has one too many', books, files(7, 3)],
  ])('stop the delivery when %s', (_, told, written) => {
    expect(() => assertBalanced('d1', told, written)).toThrow(
      expect.objectContaining({ code: 'books.unbalanced', message: expect.stringContaining('Delivery d1') }),
    );
  });

  it('let a balanced one pass', () => {
    expect(() => assertBalanced('d1', books, files(7, 2))).not.toThrow();
  });
});
