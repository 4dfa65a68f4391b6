import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FindingCode } from '../../core/audit/audit.ts';
import type { Delivery, Manifest } from '../../core/delivery/model.ts';
import { findDataset } from '../../datasets/index.ts';
import { type TestCloud, testCloud } from '../pipeline/support.ts';

const contract = findDataset('recomart.users')!;
const header = 'user_id,age,gender,device\n';

let cloud: TestCloud;
let first: Delivery;

beforeEach(async () => {
  cloud = await testCloud();
  first = await cloud.land('recomart.users', 'a.csv', `${header}1,30,F,Mobile\n2,-4,F,Tablet\n`);
  await cloud.land('recomart.users', 'b.csv', `${header}3,31,M,Mobile\n`);
});
afterEach(() => cloud[Symbol.asyncDispose]());

const found = (after?: number) => cloud.audit(contract, after);
const codes = async (): Promise<FindingCode[]> =>
  [...new Set((await found()).map(({ code }) => code as FindingCode))].sort();
const manifest = async (): Promise<Manifest> =>
  JSON.parse(new TextDecoder().decode(await cloud.objects.read(first.manifest!)));

describe('an audit', () => {
  it('finds nothing where files landed, were refused, and were replaced', async () => {
    await cloud.land('recomart.users', 'a.csv', `${header}1,33,F,Mobile\n`);
    await cloud.land('recomart.users', 'c.csv', 'nothing,known\n1,2\n');
    expect(await found()).toEqual([]);
  });

  it('finds a data file that is gone, and one that was changed', async () => {
    const { data, quarantine } = await manifest();
    await cloud.objects.delete([data[0]!.path]);
    await cloud.objects.write(quarantine[0]!.path, new Uint8Array(3));
    expect(await codes()).toEqual(['object_differs', 'object_missing']);
  });

  it('finds a manifest that is gone', async () => {
    await cloud.objects.delete([first.manifest!]);
    expect(await found()).toMatchObject([
      { code: 'manifest_missing', severity: 'error', delivery: first.delivery, path: first.manifest },
    ]);
  });

  it('finds books that do not balance, and rows the ledger does not have', async () => {
    await cloud.ledger.update(first.delivery, { accepted: 7 }, ['committed']);
    expect(await codes()).toEqual(['manifest_differs', 'unbalanced']);
  });

  it('finds rows of a delivery that another has replaced', async () => {
    await cloud.ledger.update(first.delivery, { superseded_by: 'another' }, ['committed']);
    expect(await codes()).toEqual(['rows_superseded']);
  });

  it('finds rows of a delivery that was taken out, and an undo that nobody does', async () => {
    const taken = { revision: 'r', by: 'x', at: first.landed_at, was: 'committed' } as const;
    await cloud.ledger.update(first.delivery, { state: 'undone', taken }, ['committed']);
    expect(await codes()).toEqual(['rows_taken_out']);
    await cloud.ledger.update(first.delivery, { state: 'committed' }, ['undone'], ['taken']);
    const asked = { what: 'undo', deliveries: [first.delivery] } as const;
    await cloud.revisions.open({ dataset: contract.name, asked, by: 'x' }, new Date());
    expect(await found(0)).toEqual([]);
    expect(await found()).toMatchObject([{ code: 'stuck', severity: 'waiting' }]);
  });

  it('finds a delivery that does not come to an end, but not at once', async () => {
    await cloud.ledger.open({
      ...first,
      delivery: 'f00',
      key: 'landing/recomart/users/x.csv',
      state: 'ingesting',
    });
    expect(await found(0)).toEqual([]);
    expect(await found()).toMatchObject([{ code: 'stuck', severity: 'waiting', delivery: 'f00' }]);
  });

  it('finds bytes nobody needs, but not those a writer may just have put', async () => {
    const leftOver = [
      (await manifest()).data[0]!.path.replace(/[^/]+$/, 'left_over.parquet'),
      first.manifest!.replace(/[^/]+$/, 'left_over.manifest.json'),
    ];
    for (const path of leftOver) await cloud.objects.write(path, new Uint8Array(3));
    expect(await found(0)).toEqual([]);
    expect(await found()).toMatchObject(
      leftOver.map((path) => ({ code: 'orphan', severity: 'orphan', path })),
    );
  });

  it('finds rows missing from a table that was rolled back', async () => {
    const pointer = (await cloud.catalog.current('recomart.users'))!;
    await cloud.land('recomart.users', 'c.csv', `${header}9,31,M,Mobile\n`);
    await cloud.catalog.swap('recomart.users', await cloud.catalog.current('recomart.users'), pointer);
    const [finding] = (await found()).filter(({ severity }) => severity === 'error');
    expect(finding).toMatchObject({ code: 'rows_missing', what: 'the table shows 0 of its 1 rows' });
  });
});
