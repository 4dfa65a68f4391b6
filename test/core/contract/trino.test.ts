import { describe, expect, it } from '@jest/globals';
import { csvLines, jsonLines } from '../../../core/contract/trino/lines.ts';
import { toTrino } from '../../../core/contract/trino/pattern.ts';
import { refusedSql, verdictsSql } from '../../../core/contract/trino/verdict.ts';
import { datasets } from '../../../datasets/index.ts';

describe('a pattern for Trino', () => {
  it.each([
    ['^C?[0-9]{6}$', '\\AC?[0-9]{6}\\z', 'ends where the text ends, not before its last line break'],
    ['[^^$]\\^\\$', '[^^$]\\^\\$', 'keeps characters that are no anchors'],
    ['[[&]', '[\\[\\&]', 'has no class within a class'],
    ['(?P<y>[0-9]{4})', '(?:[0-9]{4})', 'has no names'],
    ['[^\\x{2028}]', '[^\u2028]', 'has characters for their codes'],
  ])('%s becomes %s: it %s', (pattern, expected) => {
    expect(toTrino(pattern)).toBe(expected);
  });
});

/** Athena refuses longer statements. */
const LONGEST = 262_144;

it.each(datasets.map((c) => [c.name, c] as const))('the SQL of %s is short enough for Athena', (_, c) => {
  const names = c.fields.map(({ name }) => name);
  for (const source of [csvLines(c, { line: names.join(','), names, delimiter: ',' }), jsonLines(c)]) {
    const verdicts = verdictsSql(c, source, 'SELECT _row, line FROM rows');
    expect(refusedSql(c, source, verdicts).length).toBeLessThan(LONGEST / 4);
  }
});
