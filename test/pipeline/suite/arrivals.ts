/** What becomes of files as they come: repeated, replaced, told of twice, unreadable. */
import { describe, expect, it } from '@jest/globals';
import { books, notice } from '../verbs.ts';
import type { Part } from './suite.ts';

const DATASET = 'retailos.stores';
const file = (...rows: string[]) => ['store_id,store_name,city,region', ...rows, ''].join('\n');
const store = (id: string, name = 'One') => `${id},${name},Leeds,North`;

export const arrivals: Part = (cloud) => {
  const stores = (prefix: string) =>
    cloud().rows(
      `SELECT store_id, store_name FROM ${DATASET} WHERE store_id LIKE '${prefix}%' ORDER BY store_id, store_name`,
    );
  const land = (name: string, ...rows: string[]) => cloud().land(DATASET, name, file(...rows));

  describe('a file', () => {
    it('keeps each refused row verbatim with all its reasons, and counts a repeated one', async () => {
      const delivery = await land('mixed.csv', store('m1'), store('m1'), 'm2,,Leeds,Up', store('m1', 'Two'));
      expect(books(delivery)).toEqual({
        ...{ state: 'committed', read: 4, accepted: 1, quarantined: 2, duplicate: 1, balanced: true },
        reasons: { 'missing_required_value:store_name': 1, 'not_in_enum:region': 1, duplicate_key: 1 },
      });
      const refused = await cloud().rows(
        `SELECT raw, reasons FROM ${DATASET}__quarantine WHERE _delivery = '${delivery.delivery}' ORDER BY _row`,
      );
      expect(refused).toEqual([
        {
          raw: '{"store_id":"m2","store_name":null,"city":"Leeds","region":"Up"}',
          reasons: ['missing_required_value:store_name', 'not_in_enum:region'],
        },
        {
          raw: '{"store_id":"m1","store_name":"Two","city":"Leeds","region":"North"}',
          reasons: ['duplicate_key'],
        },
      ]);
    });

    it('that comes again under another name is a duplicate, and adds nothing', async () => {
      await land('first.csv', store('d1'), store('d2'));
      expect(books(await land('second.csv', store('d1'), store('d2')))).toMatchObject({
        ...{ state: 'duplicate', read: 2, accepted: 0, duplicate: 2, balanced: true },
      });
      expect(await stores('d')).toHaveLength(2);
    });

    it('that comes again under its name replaces the rows it brought before', async () => {
      const first = await land('kept.csv', store('r1'), store('r2'));
      const second = await land('kept.csv', store('r2', 'New'), store('r3', 'New'));
      expect(await stores('r')).toEqual([
        { store_id: 'r2', store_name: 'New' },
        { store_id: 'r3', store_name: 'New' },
      ]);
      expect(await cloud().ledger.get(first.delivery)).toMatchObject({ superseded_by: second.delivery });
    });

    it('may have spaces, plus signs and accents in its name', async () => {
      const delivery = await land('été/a b+c %41.csv', store('n1'));
      expect(delivery).toMatchObject({
        state: 'committed',
        key: 'landing/retailos/stores/été/a b+c %41.csv',
      });
    });

    it('without a column it must have is refused whole, its rows kept', async () => {
      const delivery = await cloud().land(DATASET, 'narrow.csv', 'store_id,city,region\nw1,Leeds,North\n');
      expect(books(delivery)).toMatchObject({ state: 'refused', read: 1, quarantined: 1, balanced: true });
      expect(await stores('w')).toEqual([]);
    });

    it('of a dataset nobody declared is refused with a reason', async () => {
      await cloud().put('landing/nowhere/nothing/a.csv', file(store('u1')));
      await cloud().idle();
      expect(await cloud().deliveries('nowhere.nothing')).toMatchObject([
        { state: 'refused', reasons: { 'unknown_dataset:nowhere.nothing': 1 } },
      ]);
    });
  });

  describe('a notification', () => {
    it('that comes three times more has the effect of one', async () => {
      const delivery = await land('told.csv', store('t1'), store('t2'));
      const before = await cloud().deliveries(DATASET);
      await Promise.all([1, 2, 3].map(() => cloud().tell(notice(delivery))));
      await cloud().idle();
      expect(await stores('t')).toHaveLength(2);
      expect(await cloud().deliveries(DATASET)).toEqual(before);
    });

    it('that is only a test is taken for what it is', async () => {
      await cloud().tell({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: cloud().landing });
      await cloud().idle();
      expect(await cloud().deadLetters()).toBe(0);
    });
  });
};
