/** Where rows came from, on a pipeline that took, refused and replaced them. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id, int } from '../../core/contract/fields.ts';
import { liveFiles } from '../../core/lake/scan.ts';
import { loadTable } from '../../core/lake/table.ts';
import { readWanted, trace } from '../../platform/trace.ts';
import { type TestCloud, testCloud } from '../pipeline/support.ts';

const lines = contract('trace.lines', {
  describe: 'x',
  row: z.object({ receipt: id(), line: int(), price: int().positive() }),
  key: ['receipt', 'line'],
});
const loose = contract('trace.loose', { describe: 'x', row: z.object({ n: int() }) });

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud({ contracts: [lines, loose] });
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

const look = (...given: string[]) => trace(lines, readWanted(lines, given), cloud);

it('tells the delivery, the file and the row, and the times a row was refused', async () => {
  const bad = await cloud.land('trace.lines', 'bad.csv', 'receipt,line,price\n007,1,5\n007,2,-1\n"torn\n');
  const good = await cloud.land('trace.lines', 'good.csv', 'receipt,line,price\n8,1,3\n007,2,4\n');
  expect(await look('007', '2')).toMatchObject([
    { as: 'accepted', delivery: good.delivery, row: 2, entry: { key: 'landing/trace/lines/good.csv' } },
    { as: 'refused', delivery: bad.delivery, row: 2, reasons: ['out_of_range:price'] },
  ]);
  expect(await look('receipt=007')).toHaveLength(3);
  expect(await look('7', '2')).toEqual([]);
});

it('opens no file that cannot hold the row', async () => {
  for (let i = 0; i < 3; i++) await cloud.land('trace.lines', `${i}.csv`, `receipt,line,price\nr${i},1,1\n`);
  const { metadata } = (await loadTable(cloud.catalog, cloud.objects, 'trace.lines'))!;
  const [other] = await cloud
    .deliveries('trace.lines')
    .then((all) => all.filter(({ key }) => key.endsWith('/0.csv')));
  const files = await liveFiles(metadata, cloud.objects);
  await cloud.objects.delete(files.filter((f) => f.delivery === other!.delivery).map(({ path }) => path));
  expect((await look('r1', '1')).map(({ entry }) => entry?.key)).toEqual(['landing/trace/lines/1.csv']);
});

it.each([
  [lines, ['x'], 'trace.too_few'],
  [lines, ['recept=1'], 'trace.unknown_field'],
  [loose, ['1'], 'trace.no_key'],
])('says what is wrong with what is asked for', (of, given, code) => {
  expect(() => readWanted(of, given)).toThrow(expect.objectContaining({ code }));
});

it('takes fields by name where there is no key', () => {
  expect(readWanted(loose, ['n=1'])).toEqual({ n: '1' });
});
