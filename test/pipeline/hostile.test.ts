/** Bad input: a named reason, the input kept, the books balanced, the next file unharmed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { books, type TestCloud, testCloud } from './support.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud();
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

const header = 'user_id,age,gender,device\n';
const good = (n: number) => Array.from({ length: n }, (_, i) => `${i + 1},30,F,Mobile\n`).join('');
const deep = (n: number) => '['.repeat(n) + ']'.repeat(n);

const refused = (reason: string, read = 0) => ({
  ...{ state: 'refused', read, accepted: 0, quarantined: read, duplicate: 0, balanced: true },
  reasons: { [reason]: read || 1 },
});
const committed = (read: number, accepted: number, reasons: Record<string, number>, duplicate = 0) => ({
  ...{
    state: 'committed',
    read,
    accepted,
    quarantined: read - accepted - duplicate,
    duplicate,
    balanced: true,
    reasons,
  },
});

const files: readonly (readonly [title: string, name: string, body: string | Buffer, expected: object])[] = [
  ['an empty file is refused', 'empty.csv', '', refused('empty_file')],
  ['an empty gzip is refused', 'empty.csv.gz', gzipSync(''), refused('empty_file')],
  ['a header without rows is committed with no rows', 'header.csv', header, committed(0, 0, {})],
  ['a blank header is refused', 'blank.csv', `\n${good(2)}`, refused('missing_header')],
  [
    'a file without a header is refused whole, its rows kept',
    'headless.csv',
    good(3),
    refused('unknown_header'),
  ],
  [
    'two columns of one name are refused',
    'twice.csv',
    `user_id,age,Age,gender,device\n1,2,3,F,Mobile\n`,
    refused('duplicate_column:Age'),
  ],
  [
    '5,000 columns are refused',
    'wide.csv',
    `${Array.from({ length: 5000 }, (_, i) => `c${i}`).join(',')}\n`,
    refused('too_many_columns:5000'),
  ],
  [
    'truncated gzip is refused',
    'cut.csv.gz',
    gzipSync(header + good(5000)).subarray(0, 900),
    refused('unreadable_file:gzip_truncated'),
  ],
  ['a gzip bomb is refused', 'bomb.csv.gz', gzipSync(Buffer.alloc(128 << 20)), refused('too_large:ratio')],
  [
    'broken gzip is refused',
    'broken.csv.gz',
    Buffer.concat([gzipSync(header).subarray(0, 12), Buffer.alloc(40, 7)]),
    { state: 'refused', balanced: true },
  ],
  [
    'truncated Parquet is refused',
    'cut.parquet',
    Buffer.from('PAR1 and then nothing of the kind'),
    refused('unreadable_file:parquet_truncated'),
  ],
  [
    'Parquet with a broken footer is refused',
    'footer.parquet',
    Buffer.from('PAR1 and then nothing PAR1'),
    refused('unreadable_file:parquet_invalid'),
  ],
  [
    'an XML entity bomb is refused',
    'bomb.xml',
    '<!DOCTYPE a [<!ENTITY b "c">]><a><u>&b;</u></a>',
    refused('unreadable_file:xml_invalid'),
  ],
  [
    'a missing required column refuses every row, and keeps it',
    'column.csv',
    'user_id,age,gender\n1,30,F\n2,31,M\n',
    refused('missing_required_column:device', 2),
  ],
  [
    'an unterminated quote at line 2 of 100,000 costs one line',
    'quote.csv',
    `${header}1,"30,F,Mobile\n${good(99_998)}`,
    committed(99_999, 99_998, { malformed_row: 1 }),
  ],
  [
    'a field of 10 MB costs one line',
    'long.csv',
    `${header}1,30,F,${'x'.repeat(10e6)}\n${good(3)}`,
    committed(4, 3, { malformed_row: 1 }),
  ],
  [
    'too few and too many columns cost those lines',
    'ragged.csv',
    `${header}1,30,F\n2,30,F,Mobile,x\n3,30,F,Mobile\n`,
    committed(3, 1, { malformed_row: 2 }),
  ],
  [
    'mixed line ends are all line ends',
    'ends.csv',
    'user_id,age,gender,device\r\n1,30,F,Mobile\n2,30,F,Mobile\r3,30,F,Mobile\r\n',
    committed(3, 3, {}),
  ],
  [
    'NUL bytes stay in their value',
    'nul.csv',
    `${header}1,30,F,Mob\0ile\n2,30,F,Mobile\n`,
    committed(2, 1, { 'not_in_enum:device': 1 }),
  ],
  [
    'a byte order mark in the middle is data',
    'bom.csv',
    `${header}1,30,F,\ufeffMobile\n2,30,F,Mobile\n`,
    committed(2, 1, { 'not_in_enum:device': 1 }),
  ],
  [
    'NaN and 1e999 are no ages',
    'nan.ndjson',
    '{"user_id":1,"age":NaN,"gender":"F","device":"Mobile"}\n{"user_id":2,"age":1e999,"gender":"F","device":"Mobile"}\n',
    { state: 'committed', read: 2, accepted: 0, quarantined: 2, balanced: true },
  ],
  [
    'JSON nested 10,000 deep is one malformed row',
    'deep.json',
    `[{"user_id":1,"age":${deep(10_000)},"gender":"F","device":"Mobile"},{"user_id":"2","age":30,"gender":"F","device":"Mobile"}]`,
    committed(2, 1, { malformed_row: 1 }),
  ],
  [
    'deep NDJSON is one malformed row',
    'deep.ndjson',
    `{"user_id":1,"age":${deep(10_000)}}\n{"user_id":"2","age":30,"gender":"F","device":"Mobile"}\n`,
    committed(2, 1, { malformed_row: 1 }),
  ],
  [
    'a truncated JSON list keeps what is whole',
    'cut.json',
    '[{"user_id":"1","age":30,"gender":"F","device":"Mobile"},{"user_id":"2","a',
    committed(2, 1, { malformed_row: 1 }),
  ],
  [
    'a JSON list that ends between two records keeps them, and says that it has no end',
    'short.json',
    '[{"user_id":"1","age":30,"gender":"F","device":"Mobile"},',
    committed(2, 1, { malformed_row: 1 }),
  ],
  [
    'Parquet that DuckDB 1.5.5 dies of (SIGSEGV) is refused, and takes nothing with it',
    'crash.parquet',
    readFileSync(join(import.meta.dirname, 'fixtures/crashes-duckdb.parquet')),
    refused('unreadable_file:parquet_invalid'),
  ],
  [
    'Parquet by its name alone is refused',
    'text.parquet',
    header + good(2),
    refused('unreadable_file:parquet_invalid'),
  ],
  [
    'a NUL in the header refuses the file',
    'nul-header.csv',
    'user_id,age,gender,de\0vice\n1,30,F,Mobile\n',
    refused('unreadable_file:nul_in_header'),
  ],
  [
    'garbage is refused or quarantined, never lost',
    'garbage.csv',
    Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919) % 256)),
    { balanced: true },
  ],
];

describe('bad input', () => {
  it.each(files)('%s', async (_, name, body, expected) => {
    expect(books(await cloud.land('recomart.users', name, body))).toMatchObject(expected);
  });

  it('dates of year 0 and 30 February are refused by name', async () => {
    const rows =
      'date,product_id,location,stock_level\n0000-01-01,P,L,1\n2025-02-30,P,L,1\n2025-02-28,P,L,1\n';
    expect(books(await cloud.land('stockgrip.inventory', 'dates.csv', rows))).toEqual(
      committed(3, 1, { 'type_mismatch:date:expected_instant_got_string': 2 }),
    );
  });

  it('keeps a malformed line verbatim, with its line number in the file', async () => {
    const delivery = await cloud.land(
      'recomart.users',
      'verbatim.csv',
      `${header}1,30,F,Mobile\n2,"30,F,Tablet\n3,30,F\n4,30,F,Mobile\n`,
    );
    const kept = await cloud.rows(
      `SELECT line, raw, reasons FROM recomart.users__quarantine WHERE _delivery = '${delivery.delivery}' ORDER BY line`,
    );
    expect(kept).toEqual([
      { line: '3', raw: '2,"30,F,Tablet', reasons: ['malformed_row'] },
      { line: '4', raw: '3,30,F', reasons: ['malformed_row'] },
    ]);
  });

  it('keeps values of unknown columns in _rescued and records the drift', async () => {
    const delivery = await cloud.land(
      'recomart.users',
      'more.csv',
      'user_id,age,gender,device,shoe size,note\n77,30,F,Mobile,42,\n78,30,F,Mobile,,\n',
    );
    expect(delivery.drift).toMatchObject({ unknown: ['shoe size', 'note'] });
    const rows = await cloud.rows(
      `SELECT _rescued FROM recomart.users WHERE _delivery = '${delivery.delivery}' ORDER BY _row`,
    );
    expect(rows.map((r) => r._rescued && JSON.parse(String(r._rescued)))).toEqual([
      { 'shoe size': '42', note: null },
      null,
    ]);
  });

  it('reads keys with spaces, plus signs and accents', async () => {
    const delivery = await cloud.land(
      'recomart.users',
      'été/a b+c %41.csv',
      `${header}9000501,30,F,Mobile\n`,
    );
    expect(delivery).toMatchObject({ state: 'committed', key: 'landing/recomart/users/été/a b+c %41.csv' });
  });

  it.each([
    ['landing/nowhere/nothing/a.csv', 'nowhere.nothing', 'unknown_dataset:nowhere.nothing'],
    ['landing/recomart/users/../stores/a.csv', 'unknown', 'invalid_key'],
    ['landing/recomart/users/%2e%2e%2fa.csv', 'unknown', 'invalid_key'],
    ['landing/alone.csv', 'unknown', 'unknown_dataset'],
  ])('the key %s is refused with a reason', async (key, dataset, reason) => {
    await cloud.put(key, header + good(1));
    await cloud.cloud.idle();
    const found = (await cloud.deliveries(dataset)).find((d) => d.key === key);
    expect(found).toMatchObject({ state: 'refused', reasons: { [reason]: 1 } });
  });

  it("takes S3's test event for what it is", async () => {
    await notify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: cloud.cloud.buckets.landing });
    await cloud.cloud.idle();
    expect(await cloud.deadLetters()).toBe(0);
  });

  it('records an object that was deleted before it was read', async () => {
    await notify({
      Records: [
        {
          s3: {
            bucket: { name: cloud.cloud.buckets.landing },
            object: { key: 'landing/recomart/users/gone.csv', sequencer: '01' },
          },
        },
      ],
    });
    await cloud.cloud.idle();
    const found = (await cloud.deliveries('recomart.users')).find((d) => d.key.endsWith('gone.csv'));
    expect(found).toMatchObject({ state: 'refused', reasons: { object_missing: 1 } });
  });

  it('a notification that comes twice, and two at once, have the effect of one', async () => {
    const delivery = await cloud.land(
      'recomart.users',
      'again.csv',
      `${header}9000601,30,F,Mobile\n9000602,30,M,Mobile\n`,
    );
    const event = {
      Records: [
        { s3: { bucket: { name: delivery.bucket }, object: { key: delivery.key, sequencer: '01' } } },
      ],
    };
    await Promise.all([notify(event), notify(event), notify(event)]);
    await cloud.cloud.idle();
    const [count] = await cloud.rows(
      `SELECT count(*) AS n FROM recomart.users WHERE user_id IN ('9000601', '9000602')`,
    );
    expect(count).toEqual({ n: '2' });
  });

  it('a file that changes between notification and read is taken as it is, once', async () => {
    const Key = 'landing/recomart/users/changing.csv';
    const put = (Body: string) =>
      cloud.s3.send(new PutObjectCommand({ Bucket: cloud.cloud.buckets.landing, Key, Body }));
    await Promise.all([
      put(`${header}9000701,30,F,Mobile\n`),
      put(`${header}9000701,30,F,Mobile\n9000702,30,F,Mobile\n`),
    ]);
    await put(`${header}9000701,30,F,Tablet\n9000702,30,F,Tablet\n9000703,30,F,Tablet\n`);
    await cloud.cloud.idle();
    const rows = await cloud.rows(
      `SELECT user_id, device FROM recomart.users WHERE user_id IN ('9000701', '9000702', '9000703') ORDER BY 1`,
    );
    expect(rows).toEqual(['9000701', '9000702', '9000703'].map((user_id) => ({ user_id, device: 'Tablet' })));
  });

  it('an object deleted while its message waits does not stop the next', async () => {
    const Key = 'landing/recomart/users/fleeting.csv';
    await cloud.put(Key, `${header}9000801,30,F,Mobile\n`);
    await cloud.s3.send(new DeleteObjectCommand({ Bucket: cloud.cloud.buckets.landing, Key }));
    expect(await cloud.land('recomart.users', 'next.csv', `${header}9000802,30,F,Mobile\n`)).toMatchObject({
      state: 'committed',
    });
  });
});

const notify = (event: object) =>
  cloud.sqs.send(new SendMessageCommand({ QueueUrl: cloud.landedQueue, MessageBody: JSON.stringify(event) }));
