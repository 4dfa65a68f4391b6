/** What a row says stays in the tables: nothing that is logged, and no error in the ledger, repeats it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { date, id, int, money, text } from '../../core/contract/fields.ts';
import { identity } from '../../core/contract/partition.ts';
import type { Clients } from '../../platform/aws.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { type TestCloud, testCloud } from './support.ts';

/** Stands in every value; no other word of this repository holds it. */
const CANARY = 'Kestrel';
/** The same for values that must be numbers. */
const NUMBER = '733194825';

const people = contract('secrets.people', {
  describe: 'People nobody may read about in a log.',
  row: z.object({
    person: id({ maxLength: 40 }).meta({ pii: 'direct' }),
    town: text(),
    visits: int(),
    spent: money().optional(),
    born: date().optional(),
  }),
  key: ['person'],
  // So the value stands in names of files as well.
  partitionBy: identity('town'),
});

const DATASET = people.name;
const header = 'person,town,visits,spent,born\n';
const good = (n: number) => `${CANARY}${n},${CANARY} town,${NUMBER},7331948.25,2001-02-03\n`;
const json = (row: object) => JSON.stringify(row);
const row = { person: CANARY, town: CANARY, visits: Number(NUMBER) };

/** A Parquet file whose text is not text: DuckDB quotes such a value. */
async function brokenParquet(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-leaks-'));
  using engine = await Engine.open({ dir: folder, memoryMb: 100 });
  const path = join(folder, 'broken.parquet');
  await engine.session((session) =>
    session.run(
      `COPY (SELECT '${CANARY}XY' AS person, '${CANARY}' AS town, ${NUMBER} AS visits) TO '${path}' (FORMAT parquet, COMPRESSION uncompressed)`,
    ),
  );
  const bytes = await readFile(path);
  await rm(folder, { recursive: true });
  for (let at = bytes.indexOf('XY'); at >= 0; at = bytes.indexOf('XY', at + 1)) bytes.fill(0xff, at, at + 2);
  return bytes;
}

const files: readonly (readonly [name: string, body: string | Buffer])[] = [
  ['accepted.csv', header + good(1) + good(2) + good(3)],
  ['duplicate.csv', header + good(4) + good(4)],
  ['again.csv', header + good(4) + good(4)],
  [
    'refused.csv',
    `${header}${CANARY}5,${CANARY},${CANARY},${CANARY},${CANARY}\n${CANARY.repeat(9)},,x${NUMBER},,\n`,
  ],
  ['malformed.csv', `${header}"${CANARY}6,${CANARY}\n${good(7)}${CANARY},${CANARY}\n`],
  ['no-header.csv', good(8) + good(9)],
  ['two-headers.csv', `person,Person,town,visits\n${CANARY},${CANARY},${CANARY},${NUMBER}\n`],
  ['short.csv', `person,town\n${CANARY},${CANARY}\n`],
  ['unknown.csv', `person,town,visits,nick\n${CANARY},${CANARY},${NUMBER},${CANARY}\n`],
  ['latin.csv', Buffer.from(`${header}${CANARY}é,${CANARY}é,1,,\n`, 'latin1')],
  ['nul.csv', `${header}${CANARY}\0,${CANARY}\0,${NUMBER},,\n`],
  ['cut.csv.gz', gzipSync(header + good(1).repeat(4000)).subarray(0, 200)],
  ['broken.json', `[${json(row)},{"person":"${CANARY}","town":`],
  ['scalar.json', `"${CANARY}"`],
  ['lines.ndjson', `${json(row)}\n{"person":${CANARY}}\n"${CANARY}"\n${json({ ...row, visits: CANARY })}\n`],
  ['bad.xml', `<people><p><person>${CANARY}</person><town>&${CANARY};</town></p></people>`],
  ['cut.xml', `<people><p><person>${CANARY}</person></p><p><${CANARY}>`],
  ['cut.parquet', Buffer.from(`PAR1 ${CANARY} PAR1`)],
];

describe('what a row says', () => {
  let cloud: TestCloud;
  let said: string[];
  /** Makes every upload fail as badly as a library can: with the payload in its words. */
  let hostile = false;
  const quoting = (clients: Clients) => {
    clients.s3.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (hostile && commandName === 'PutObjectCommand')
            throw new TypeError(`cannot write ${CANARY}\n    at ${CANARY} (${NUMBER})`);
          return next(args);
        },
      { step: 'initialize' },
    );
    return clients;
  };

  beforeAll(async () => {
    said = [];
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation((chunk) => said.push(String(chunk)) > 0);
    cloud = await testCloud({ contracts: [people], clients: quoting });
  }, 60_000);
  afterAll(async () => {
    await cloud?.[Symbol.asyncDispose]();
    jest.restoreAllMocks();
  });

  /** What was logged since the last time, as it stands there. */
  const logged = () => said.splice(0).join('');
  const secret = new RegExp(`${CANARY}|${NUMBER}`);

  it.each(files)('is in no log of %s', async (name, body) => {
    await cloud.land(DATASET, name, body);
    expect(logged()).not.toMatch(secret);
  });

  it('is in no log of a Parquet file that DuckDB quotes from; the file is refused', async () => {
    const delivery = await cloud.land(DATASET, 'broken.parquet', await brokenParquet());
    expect(delivery).toMatchObject({ state: 'refused', reasons: { 'unreadable_file:parquet_invalid': 1 } });
    expect(logged()).not.toMatch(secret);
  });

  it('is in no log of an error that quotes it, and in the ledger neither', async () => {
    hostile = true;
    const { state, error } = await cloud.land(DATASET, 'hostile.csv', header + good(10));
    hostile = false;
    expect({ state, error }).toEqual({
      state: 'failed',
      error: 'TypeError: its words are withheld, for they may quote a row',
    });
    const lines = logged();
    expect(lines.match(/"message":"message failed"/g)).toHaveLength(5);
    expect(lines).not.toMatch(secret);
  });

  it.each([
    ['is no JSON', 'forged', () => `{${CANARY}`],
    ['has a value that is no date', 'forged2', (text: string) => text.replaceAll('2001-02-03', CANARY)],
  ])('is in no log of a manifest that somebody changed so that it %s', async (_, delivery, change) => {
    const entry = await cloud.land(DATASET, `${delivery}.csv`, header + good(20 + delivery.length));
    const text = Buffer.from(await cloud.objects.read(entry.manifest!)).toString();
    const manifest = entry.manifest!.replace(entry.delivery, delivery);
    await cloud.objects.write(manifest, Buffer.from(change(text)));
    await cloud.ledger.open({ ...entry, delivery, state: 'written', manifest });
    const body = { delivery, dataset: DATASET, [CANARY]: CANARY };
    for (const MessageBody of [JSON.stringify(body), `{${CANARY}`, `{"${CANARY}":1}`])
      await cloud.sqs.send(
        new SendMessageCommand({
          QueueUrl: cloud.env.WHARF_COMMIT_QUEUE_URL,
          MessageBody,
          MessageGroupId: DATASET,
          MessageDeduplicationId: String(Math.random()),
        }),
      );
    await cloud.idle();
    const lines = logged();
    expect(lines).toContain('message failed');
    expect(lines).not.toMatch(secret);
  });

  it('is in no log of a notification that somebody forged', async () => {
    await cloud.tell({ Records: [{ s3: CANARY }], [CANARY]: CANARY });
    await cloud.idle();
    const lines = logged();
    expect(lines).toContain('notice.invalid');
    expect(lines).not.toMatch(secret);
  });

  it('is in no entry of the ledger', async () => {
    const entries = await cloud.deliveries(DATASET);
    expect(entries.length).toBeGreaterThan(files.length);
    expect(JSON.stringify(entries)).not.toMatch(secret);
  });
});
