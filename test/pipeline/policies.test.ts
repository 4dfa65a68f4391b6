/** What a contract chooses: duplicates within a delivery, and new content under a key. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id, int } from '../../core/contract/fields.ts';
import type { DuplicatePolicy } from '../../core/contract/model.ts';
import { books, type TestCloud, testCloud } from './support.ts';

const policies: readonly DuplicatePolicy[] = ['drop', 'quarantine', 'keep'];
const row = z.object({ code: id(), n: int() });
const byPolicy = (rows: DuplicatePolicy, keys: DuplicatePolicy) =>
  contract(`test.${rows}_${keys}`, { describe: 'x', row, key: ['code'], duplicates: { rows, keys } });
const overwriting = (['replace', 'append', 'reject'] as const).map((onOverwrite) =>
  contract(`test.${onOverwrite}`, { describe: 'x', row, onOverwrite }),
);

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud({
    contracts: [...policies.flatMap((r) => policies.map((k) => byPolicy(r, k))), ...overwriting],
  });
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

/** One row twice, one key with three values (the first of them refused), and one row alone. */
const body = 'code,n\na,1\na,1\nb,x\nb,1\nb,2\nc,1\n';

describe('duplicates', () => {
  it.each(policies.flatMap((rows) => policies.map((keys) => [rows, keys] as const)))(
    'rows %s, keys %s',
    async (rows, keys) => {
      const delivery = await cloud.land(`test.${rows}_${keys}`, 'a.csv', body);
      // Kept equal rows still repeat their key.
      const rowAs = rows === 'keep' ? keys : rows;
      const counts = (policy: DuplicatePolicy) => [rowAs, keys].filter((p) => p === policy).length;
      expect(books(delivery)).toMatchObject({
        ...{ state: 'committed', read: 6, balanced: true },
        accepted: 3 + counts('keep'),
        quarantined: 1 + counts('quarantine'),
        duplicate: counts('drop'),
      });
    },
  );

  it('takes the first row of a key that is fine, not the first', async () => {
    const kept = await cloud.rows('SELECT code, n FROM test.drop_drop ORDER BY code');
    expect(kept).toEqual([
      { code: 'a', n: '1' },
      { code: 'b', n: '1' },
      { code: 'c', n: '1' },
    ]);
  });

  it('keeps a quarantined duplicate verbatim, with its reason', async () => {
    const refused = await cloud.rows(
      'SELECT raw, reasons FROM test.quarantine_quarantine__quarantine WHERE _row IN (2, 5) ORDER BY _row',
    );
    expect(refused).toEqual([
      { raw: '{"code":"a","n":"1"}', reasons: ['duplicate_row'] },
      { raw: '{"code":"b","n":"2"}', reasons: ['duplicate_key'] },
    ]);
  });
});

describe('the same key again', () => {
  const codes = async (dataset: string) =>
    (await cloud.rows(`SELECT code FROM ${dataset} ORDER BY code`)).map((r) => r.code);

  it('replaces the rows it brought before, in one snapshot', async () => {
    const first = await cloud.land('test.replace', 'k.csv', 'code,n\na,1\nb,2\n');
    const second = await cloud.land('test.replace', 'k.csv', 'code,n\nb,3\nc,4\n');
    expect(await codes('test.replace')).toEqual(['b', 'c']);
    const [former] = (await cloud.deliveries('test.replace')).filter((d) => d.delivery === first.delivery);
    expect(former).toMatchObject({ superseded_by: second.delivery });
  });

  it('may bring back what stood there before', async () => {
    await new Promise((wait) => setTimeout(wait, 1100));
    await cloud.land('test.replace', 'k.csv', 'code,n\na,1\nb,2\n');
    expect(await codes('test.replace')).toEqual(['a', 'b']);
  });

  it('adds to them by append', async () => {
    await cloud.land('test.append', 'k.csv', 'code,n\na,1\n');
    await cloud.land('test.append', 'k.csv', 'code,n\nb,2\n');
    expect(await codes('test.append')).toEqual(['a', 'b']);
  });

  it('is refused by reject, and the first stays', async () => {
    await cloud.land('test.reject', 'k.csv', 'code,n\na,1\n');
    const again = await cloud.land('test.reject', 'k.csv', 'code,n\nb,2\n');
    expect(books(again)).toMatchObject({
      state: 'refused',
      reasons: { overwrite_rejected: 1 },
      balanced: true,
    });
    expect(await codes('test.reject')).toEqual(['a']);
  });

  it('content that is in the table already, under another name, is a duplicate', async () => {
    const again = await cloud.land('test.append', 'other.csv', 'code,n\na,1\n');
    expect(books(again)).toMatchObject({
      state: 'duplicate',
      read: 1,
      duplicate: 1,
      accepted: 0,
      balanced: true,
    });
    expect(await codes('test.append')).toEqual(['a', 'b']);
  });
});
