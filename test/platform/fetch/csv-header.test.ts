import { describe, expect, it } from '@jest/globals';
import { detectDelimiter } from '../../../platform/fetch/csv-header.ts';
import { fetch, refusal } from './support.ts';

const headerOf = async (body: string) => {
  const { result } = await fetch('a.csv', body);
  return result.ok && result.file.format === 'csv' ? result.file.header : result;
};

describe('the delimiter', () => {
  it.each([
    [',', 'a,b\n1,2\n'],
    [';', 'a;b\n1,5;2,5\n'],
    ['\t', 'a\tb, c\n1\t2\n'],
    ['|', 'a|b\n1,2|3\n'],
    ['^', 'a^b\n1^2\n'],
    ['~', 'a~b\n1~2\n'],
    ['\x1f', 'a\x1fb\n1\x1f2\n'],
  ])('%j is found', (delimiter, text) => {
    expect(detectDelimiter(text)).toBe(delimiter);
  });

  it('is a comma in a file of one column', () => {
    expect(detectDelimiter('sku\nA\nB\n')).toBe(',');
  });

  it('is the one the rows agree on, not the one of the header', () => {
    expect(detectDelimiter('name, the long one, and more;price\na;1\nb;2\n')).toBe(';');
  });

  it('does not count within quotes', () => {
    expect(detectDelimiter('a;b\n"1,2,3";4\n"5,6,7";8\n')).toBe(';');
  });

  it('is found in a header alone', () => {
    expect(detectDelimiter('a;b;c')).toBe(';');
  });
});

describe('the header', () => {
  it.each([
    ['names are trimmed', ' sku , name \n1,2\n', ['sku', 'name']],
    ['names may be quoted', '"sku","na""me"\n1,2\n', ['sku', 'na"me']],
    ['a quoted name may hold delimiters and line ends', 'sku,"name,\nshort"\n1,2\n', ['sku', 'name,\nshort']],
    ['blank names are numbered', 'sku,, \n1,2,3\n', ['sku', 'column_2', 'column_3']],
    ['it may end with the file', 'sku,name', ['sku', 'name']],
    ['it may end in CR', 'sku,name\r1,2\r', ['sku', 'name']],
    ['names in any script', 'código,名前\n1,2\n', ['código', '名前']],
    ['an unclosed quote costs no rows', 'sku,"name\n1,2\n3,4\n', ['sku', '"name']],
  ])('%s', async (_, body, names) => {
    expect(await headerOf(body)).toEqual(names);
  });

  it.each([
    ['missing_header', '\nsku,name\n'],
    ['missing_header', ' \t\r\nsku,name\n'],
    ['duplicate_column:NAME', 'name,sku, NAME \n'],
    ['duplicate_column:column_2', 'a,,column_2\n'],
    ['too_many_columns:5000', `${Array.from({ length: 5000 }, (_, i) => `c${i}`).join(',')}\n`],
    ['unreadable_file:header_too_long', `sku,${'x'.repeat(300_000)}\n1,2\n`],
    ['empty_file', ''],
    ['empty_file', ' \n\n\t\r\n'],
  ])('%s refuses the file', async (reason, body) => {
    expect(await refusal('a.csv', body)).toBe(reason);
  });

  it('of 250 KB is read', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `${i}${'x'.repeat(240)}`);
    expect(await headerOf(`${names.join(',')}\n`)).toEqual(names);
  });
});
