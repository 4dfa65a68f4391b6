/** What jobs do when they run: on the local cloud, through the queue and the functions of the template. */
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateRows } from '../../core/generate/generate.ts';
import { parseMetadata } from '../../core/lake/metadata.ts';
import { jobs } from '../../core/schedule/jobs.ts';
import type { Job, Jobs, Run } from '../../core/schedule/model.ts';
import { dataset, findDataset } from '../../datasets/index.ts';
import { createHandler as createRunJob } from '../../lambdas/run-job/handler.ts';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients } from '../../platform/aws.ts';
import { Items } from '../../platform/items.ts';
import { sendAsk } from '../../platform/jobs/ask.ts';
import { cleanUp } from '../../platform/jobs/clean-up.ts';
import { deleteOrphans, expire } from '../../platform/jobs/expire.ts';
import { Runs } from '../../platform/jobs/runs.ts';
import { until } from '../cli/support.ts';
import { broken, message, user } from './posted.ts';
import { type TestCloud, testCloud } from './support.ts';

const DAY = 86_400_000;
const now = Date.now();
const daysAgo = (days: number): string => new Date(now - days * DAY).toISOString();
const csv = (id: number): string => `user_id,age,gender,device\n${id},30,F,Mobile\n`;
/** The rows as they are; the sweep looks at what has just landed, too. */
const table: Jobs = Object.fromEntries(
  Object.entries<Job>(jobs).map(([name, job]) => [
    name,
    job.work === 'sweep' ? { ...job, after: [], input: { ...job.input, minutes: 0 } } : { ...job, after: [] },
  ]),
);

let cloud: TestCloud;
let runs: Runs;
let items: Items;
let queue: string;
let runsSoFar = 0;

beforeAll(async () => {
  cloud = await testCloud({
    heard: 'heard.csv',
    handlers: { 'lambdas/run-job/handler.ts': (env) => createRunJob(env, { jobs: table }) as never },
  });
  const { dynamodb, sqs } = awsClients(cloud.env);
  runs = new Runs(dynamodb, cloud.env.WHARF_LEDGER_TABLE);
  items = new Items(dynamodb, cloud.env.WHARF_LEDGER_TABLE);
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  queue = QueueUrls.find((url) => url.includes('ClockJobsQueue'))!;
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

/** Runs a job, and waits for what came of it. */
async function run(job: keyof typeof jobs): Promise<Run> {
  const ask = { job, due: new Date().toISOString(), as: String(runsSoFar++), by: 'hand' as const };
  await sendAsk(cloud.sqs, queue, ask);
  await until(`${job} is over`, async () => (await runs.get(ask))?.ended_at);
  await cloud.idle();
  return (await runs.get(ask))!;
}

describe('the ingest sweep', () => {
  it('takes in exactly the objects nobody was told of, each once', async () => {
    await cloud.land('recomart.users', 'heard.csv', csv(1));
    for (let i = 0; i < 23; i++) await cloud.put(`landing/recomart/users/lost ${i}+é.csv`, csv(100 + i));
    await cloud.put('landing/stockgrip/nothing/known.csv', 'a\n1\n');
    await cloud.idle();
    expect(await cloud.deliveries('recomart.users')).toHaveLength(1);

    expect(await run('stockgrip-landing')).toMatchObject({
      outcome: 'done',
      figures: { listed: 1, lost: 1 },
    });
    expect(await run('ingest-sweep')).toMatchObject({ outcome: 'done', figures: { listed: 25, lost: 23 } });
    const found = await cloud.deliveries('recomart.users');
    expect(found.map(({ state }) => state)).toEqual(Array(24).fill('committed'));
    expect(
      await cloud.rows('SELECT count(*) AS n, count(DISTINCT user_id) AS ids FROM recomart.users'),
    ).toEqual([{ n: '24', ids: '24' }]);
    expect((await run('ingest-sweep')).figures).toMatchObject({ lost: 0 });
    expect(await cloud.deliveries('recomart.users')).toHaveLength(24);
    expect(await broken(cloud, 'recomart.users')).toEqual([]);
  }, 60_000);
});

describe('the clean-up', () => {
  it('deletes exactly what is due, says how much, and touches no rows, no deliveries, nothing that is young', async () => {
    const seconds = (days: number) => Math.floor((now - days * DAY) / 1000);
    const doomed: Record<string, object> = {
      'discarded#old': { message: 'old', discarded_at: daysAgo(91) },
      'dead#old': { expires: seconds(1) },
      'claim#old.0': { delivery: 'x', expires: seconds(1) },
      'idempotency#old': { expires: seconds(2) },
      'rate#key#1': { expires: seconds(2) },
    };
    const staying: Record<string, object> = {
      'discarded#new': { message: 'new', discarded_at: daysAgo(89) },
      'dead#new': { expires: seconds(-1) },
      'claim#new.0': { delivery: 'x', expires: seconds(-1) },
      'apikey#old': { expires: seconds(2), ended_at: daysAgo(400), discarded_at: daysAgo(400) },
      'content#recomart.users#old': { expires: seconds(2), ended_at: daysAgo(400) },
      'audit#old': { ended_at: daysAgo(400), discarded_at: daysAgo(400), expires: seconds(2) },
    };
    for (const [key, item] of Object.entries({ ...doomed, ...staying })) await items.put(key, item);
    const [delivery] = await cloud.deliveries('recomart.users');
    await cloud.ledger.update(delivery!.delivery, { ended_at: daysAgo(400) }, ['committed']);
    const past = (days: number, more: Partial<Run> = {}): Run => ({
      ...{
        job: 'compact',
        due: daysAgo(days),
        asked_at: daysAgo(days),
        outcome: 'done',
        tries: 1,
        ended_at: daysAgo(days),
      },
      ...more,
    });
    for (const one of [past(91), past(200), past(89), past(92, { outcome: 'running', ended_at: undefined })])
      await runs.put(one, undefined);
    const lake = `s3://${cloud.cloud.buckets.lake}`;
    await cloud.objects.write(`${lake}/staging/young/a`, new Uint8Array(3));
    const tmp = cloud.env.WHARF_TMP!;
    for (const name of ['ingest-old', 'ingest-new']) {
      await mkdir(join(tmp, name), { recursive: true });
      await writeFile(join(tmp, name, 'a'), '');
    }
    await utimes(join(tmp, 'ingest-old'), now / 1000 - 2 * 86_400, now / 1000 - 2 * 86_400);
    const stored = async (): Promise<string[]> => {
      const zones = ['lake', 'quarantine', 'deliveries', 'staging'].map((zone) =>
        Array.fromAsync(cloud.objects.list(`${lake}/${zone}/`)),
      );
      return (await Promise.all(zones)).flat().map(({ path }) => path);
    };
    const [objects, rows] = [await stored(), await cloud.rows('SELECT * FROM recomart.users ORDER BY ALL')];

    const { outcome, figures } = await run('clean-up');
    expect(outcome).toBe('done');
    expect(figures).toMatchObject({
      runs: 2,
      discarded: 1,
      dead: 1,
      claim: 1,
      idempotency: 1,
      rate: 1,
      staging: 0,
      files: 1,
    });
    for (const key of Object.keys(doomed)) expect([key, await items.get(key)]).toEqual([key, undefined]);
    for (const key of Object.keys(staying)) expect(await items.get(key)).toMatchObject(staying[key]!);
    expect(await cloud.ledger.get(delivery!.delivery)).toMatchObject({ ended_at: daysAgo(400) });
    expect((await Array.fromAsync(runs.list('compact'))).map(({ due }) => due)).toEqual([
      daysAgo(89),
      daysAgo(92),
    ]);
    expect(await stored()).toEqual(objects);
    expect(await cloud.rows('SELECT * FROM recomart.users ORDER BY ALL')).toEqual(rows);
    expect(await broken(cloud, 'recomart.users')).toEqual([]);
    expect((await run('clean-up')).figures).toMatchObject({ runs: 0, discarded: 0, files: 0 });

    const later = (days: number) =>
      cleanUp(90, {
        ...{ items, objects: cloud.objects, lakeBucket: cloud.cloud.buckets.lake!, tmp: join(tmp, 'none') },
        now: () => new Date(now + days * DAY),
      });
    expect(await later(2)).toMatchObject({ staging: 0 });
    expect(await later(4)).toMatchObject({ staging: 1 });
    expect(await stored()).toEqual(objects.filter((path) => !path.includes('/staging/')));
  }, 60_000);
});

describe('the upkeep of tables', () => {
  const users = 'recomart.users';
  const contract = findDataset(users)!;
  const snapshots = async (): Promise<number> =>
    parseMetadata(await cloud.objects.read((await cloud.catalog.current(users))!)).snapshots.length;

  it('compacts events, drops no snapshot that is young, and deletes what nothing has referred to for a day', async () => {
    for (let i = 0; i < 6; i++) {
      await cloud.post([message('post', i, users, [user(500 + i)])]);
      await cloud.idle();
    }
    const rows = await cloud.rows(`SELECT * FROM ${users} ORDER BY ALL`);
    expect(await run('compact')).toMatchObject({
      outcome: 'done',
      figures: { before: 6, after: 1, rows: 6 },
    });
    expect(await cloud.rows(`SELECT * FROM ${users} ORDER BY ALL`)).toEqual(rows);
    const before = await snapshots();
    expect(await run('expire-snapshots')).toMatchObject({
      outcome: 'done',
      figures: { snapshots: 0, busy: 0 },
    });
    expect(await snapshots()).toBe(before);

    await cloud.objects.write(
      `s3://${cloud.cloud.buckets.lake}/lake/recomart/users/data/orphan.parquet`,
      new Uint8Array(1),
    );
    // An hour is enough for who asks, not for who is not asked.
    expect(await run('remove-orphans')).toMatchObject({ outcome: 'done', figures: { orphans: 0 } });
    expect((await cloud.audit(contract)).map(({ code }) => code)).toEqual(['orphan']);
    expect(await cloud.rows(`SELECT * FROM ${users} ORDER BY ALL`)).toEqual(rows);

    const later = (days: number) => ({
      ...{ catalog: cloud.catalog, ledger: cloud.ledger, objects: cloud.objects, revisions: cloud.revisions },
      ...{ lakeBucket: cloud.cloud.buckets.lake!, retentionDays: 7 },
      now: () => new Date(Date.now() + days * DAY),
    });
    expect(await deleteOrphans(contract, later(0.9))).toBe(0);
    expect(await deleteOrphans(contract, later(1.1))).toBe(1);
    expect((await expire(contract, later(6))).snapshots).toBe(0);
    for (let i = 6; i < 18; i++) {
      await cloud.post([message('post', i, users, [user(500 + i)])]);
      await cloud.idle();
    }
    const [all, many] = [await cloud.rows(`SELECT * FROM ${users} ORDER BY ALL`), await snapshots()];
    // Ten stay, whatever their age.
    expect((await expire(contract, later(8))).snapshots).toBe(many - 10);
    expect(await snapshots()).toBe(10);
    expect(await cloud.rows(`SELECT * FROM ${users} ORDER BY ALL`)).toEqual(all);
    expect(await cloud.audit(contract)).toEqual([]);
  }, 60_000);
});

describe('the compaction', () => {
  const products = dataset('retailos.products');
  const withEmails = (seed: number): string => {
    const names = products.fields.map(({ name }) => name);
    const rows = [...generateRows(products, { rows: 20, seed })].map(({ values }, row) => [
      ...names.map((name) => (name === 'product_id' ? `P${seed}-${row}` : (values[name] ?? ''))),
      `b${row}@example.com`,
    ]);
    return [[...names, 'buyer_email'], ...rows].map((cells) => cells.join(',')).join('\n');
  };
  const emails = () => cloud.rows(`SELECT count(*) AS n, count(buyer_email) AS e FROM ${products.name}`);

  it('gives rows that came before a column was approved over the API their values', async () => {
    const { dynamodb } = awsClients(cloud.env);
    const key = await new Keys(dynamodb, cloud.env.WHARF_LEDGER_TABLE).make({
      name: 'clerk',
      scopes: [`${products.name}:approve`],
    });
    const ask = async (path: string, body?: object) => {
      const response = await fetch(`${cloud.cloud.api}/v1/approvals${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${key.text}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      await cloud.idle();
      return (await response.json()) as { approvals: { approval: string }[] };
    };
    await cloud.land(products.name, 'a-heard.csv', withEmails(1));
    const [asked] = (await ask('')).approvals;
    const say = (decision: string) => ask(`/${asked!.approval}/decision`, { decision, why: 'test' });
    await say('approve');
    // The column is there, and whoever takes it back before the clock comes is heard.
    await say('undo');
    expect((await run('compact')).figures).toMatchObject({ backfilled: 0 });
    await cloud.land(products.name, 'b-heard.csv', withEmails(2));
    await say('approve');
    expect(await run('compact')).toMatchObject({ outcome: 'done', figures: { backfilled: 40 } });
    expect(await emails()).toEqual([{ n: '40', e: '40' }]);
    expect((await run('compact')).figures).toMatchObject({ backfilled: 0 });
    expect(await broken(cloud, products.name)).toEqual([]);
  }, 60_000);
});
