/** The costliest files we can think of, each in a process of its own: what it took of memory and of /tmp. */
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { Engine } from '../../platform/engine/duckdb.ts';
import { parquetOf } from './files.ts';
import { Isolated } from './isolated.ts';

/** Of the 2,048 MB a deployed function has. Two engines are at work here, of 1,000 and 512 MB; a function has the second. */
const MEMORY_MB = 1600;
/** /tmp over what the file is when unpacked: itself, once more where it is rewritten, and what comes of it. */
const DISK = { times: 3, plusMb: 16 };

const MB = 1 << 20;
const x = (n: number): string => 'x'.repeat(n);
const header = 'user_id,age,gender,device\n';
const ofNothing = (mb: number) => gzipSync(Buffer.alloc(mb * MB, ' '));
const columns = (n: number): string => Array.from({ length: n }, (_, i) => `c${i}`).join();

async function parquet(select: string): Promise<Buffer> {
  using engine = await Engine.open({ dir: tmpdir(), memoryMb: 300 });
  return await parquetOf(engine, select, 'COMPRESSION zstd');
}

/** What a file is, its size unpacked in MB, and what is said of it. */
interface Costly {
  readonly what: string;
  readonly name: string;
  readonly mb: number;
  readonly body: () => string | Uint8Array | Promise<Uint8Array>;
  readonly said: object;
}

const costly: readonly Costly[] = [
  {
    ...{ what: '12 rows as long as they may be', name: 'wide.csv', mb: 48 },
    body: () =>
      `${header}${Array.from({ length: 12 }, (_, i) => `${i}${x(4 * MB - 20)},30,F,Mobile\n`).join('')}`,
    // It would fit a machine with more memory: which it is, is said.
    said: { reasons: { 'too_large:memory': 1 } },
  },
  {
    ...{ what: 'one line of 100 MB', name: 'line.csv', mb: 100 },
    body: () => `${header}1,30,F,${x(100 * MB)}\n2,30,F,Mobile\n`,
    said: { read: 2, accepted: 1, reasons: { malformed_row: 1 } },
  },
  {
    ...{ what: 'an open quote before 16 MB', name: 'quote.csv', mb: 16 },
    body: () => `${header}1,30,F,"Mobile\n${'2,30,F,Mobile\n'.repeat(1.2e6)}`,
    said: { read: 1_200_001, reasons: { malformed_row: 1 } },
  },
  {
    ...{ what: '2,000 columns of 1,000 rows', name: 'columns.csv', mb: 8 },
    body: () =>
      `user_id,age,gender,device,${columns(1996)}\n${`1,30,F,Mobile${',abc'.repeat(1996)}\n`.repeat(1000)}`,
    // As many as may be, and about as much as an engine of 1,000 MB holds: read, or refused as too large for it.
    said: { quarantined: 0 },
  },
  {
    ...{ what: '300 columns of 20,000 rows', name: 'columns.csv', mb: 24 },
    body: () =>
      `user_id,age,gender,device,${columns(296)}\n${Array.from({ length: 20_000 }, (_, i) => `${i},30,F,Mobile${',abc'.repeat(296)}\n`).join('')}`,
    said: { read: 20_000, accepted: 20_000 },
  },
  {
    ...{ what: '5,000 columns', name: 'columns.csv', mb: 1 },
    body: () => `${columns(5000)}\n`,
    said: { reasons: { 'too_many_columns:5000': 1 } },
  },
  {
    ...{ what: 'a record nested a million deep', name: 'deep.json', mb: 2 },
    body: () => `[{"user_id":${'['.repeat(1e6)}${']'.repeat(1e6)}}]`,
    said: { read: 1, reasons: { malformed_row: 1 } },
  },
  {
    ...{ what: 'a record of 300,000 names', name: 'names.ndjson', mb: 4 },
    body: () => `{${Array.from({ length: 300_000 }, (_, i) => `"${i.toString(36)}":1`).join()}}\n`,
    said: { read: 1, reasons: { malformed_row: 1 } },
  },
  {
    ...{ what: 'one text of 64 MB in XML', name: 'text.xml', mb: 64 },
    body: () => `<r><u><a>${x(64 * MB)}</a></u></r>`,
    said: { reasons: { 'too_large:element': 1 } },
  },
  {
    ...{ what: 'a gzip bomb', name: 'bomb.csv.gz', mb: 150 },
    body: () => ofNothing(300),
    said: { reasons: { 'too_large:ratio': 1 } },
  },
  {
    ...{ what: 'Parquet of 80 million rows in a few bytes', name: 'rows.parquet', mb: 1 },
    body: () => parquet('SELECT 1 AS user_id FROM range(80_000_000)'),
    said: { reasons: { 'too_large:ratio': 1 } },
  },
  {
    ...{ what: 'Parquet of one long text many times', name: 'texts.parquet', mb: 1 },
    body: () => parquet(`SELECT repeat('x', 1_000_000) AS user_id FROM range(200)`),
    said: { reasons: { 'too_large:ratio': 1 } },
  },
];

describe('a costly file', () => {
  it.each(costly)(
    '$what: judged within bounds, nothing left behind',
    async ({ name, mb, body, said }) => {
      const bytes = Buffer.from(await body());
      await using isolated = await Isolated.open();
      const { error, checked, left } = await isolated.judge({ dataset: 'recomart.users', name, bytes });
      expect({ error, left }).toEqual({ error: undefined, left: [] });
      expect(checked).toMatchObject(said);
      if (process.env.WHARF_SHOW)
        console.log(
          `${name}: ${Math.round(isolated.peakMb)} MB memory, ${Math.round(isolated.peakDiskMb)} MB disk of ${mb}`,
        );
      expect(isolated.peakMb).toBeLessThan(MEMORY_MB);
      expect(isolated.peakDiskMb).toBeLessThan(mb * DISK.times + DISK.plusMb);
    },
    120_000,
  );
});
