/** The CSV files of csv-spectrum: what stands in them is known, row by row. */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { text } from '../../core/contract/fields.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { bytesOf, take } from './taken.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await Engine.open({ dir: tmpdir(), memoryMb: 200, threads: 1 });
});
afterAll(() => engine[Symbol.dispose]());

const folder = join(import.meta.dirname, '../../node_modules/csv-spectrum');
/** Where the JSON of the corpus does not say what is in its CSV. */
const misprints: Readonly<Record<string, object>> = {
  location_coordinates: { 'Contact Phone Number': '2095257564' },
};
const names = readdirSync(join(folder, 'csvs')).map((file) => basename(file, '.csv'));

/** A field of text for each column, called by its place: a column may be called anything. */
const contractOf = (columns: readonly string[]) =>
  contract('test.spectrum', {
    describe: 'A file of csv-spectrum.',
    row: z.object(
      Object.fromEntries(
        columns.map((name, i) => [
          `field_${i}`,
          text()
            .optional()
            .meta({ aliases: [name] }),
        ]),
      ),
    ),
    duplicates: { rows: 'keep' },
  });

describe('csv-spectrum', () => {
  it('has the files we know', () => {
    expect(names).toHaveLength(12);
  });

  it.each(names)('%s lands with the rows its JSON has', async (name) => {
    const found: unknown = JSON.parse(readFileSync(join(folder, 'json', `${name}.json`), 'utf8'));
    const rows = [found].flat() as Record<string, string>[];
    const expected = rows.map((row): Record<string, string> => ({ ...row, ...misprints[name] }));
    const columns = Object.keys(expected[0]!);
    const body = readFileSync(join(folder, 'csvs', `${name}.csv`));
    const { read, accepted, data } = await take(engine, contractOf(columns), `${name}.csv`, bytesOf(body));
    expect({ read, accepted }).toEqual({ read: expected.length, accepted: expected.length });
    // An empty cell is no value.
    const cells = data.map((row) => columns.map((_, i) => row[`field_${i}`] ?? ''));
    expect(cells).toEqual(expected.map((row) => columns.map((column) => row[column])));
  });
});
