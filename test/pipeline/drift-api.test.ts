/** Decisions about changes of files, over the API. */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { generateRows } from '../../core/generate/generate.ts';
import { dataset } from '../../datasets/index.ts';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients, type Clients } from '../../platform/aws.ts';
import { books, type TestCloud, testCloud } from './support.ts';

const { name, fields } = dataset('retailos.products');
let cloud: TestCloud;
let clients: Clients;
const keys: Record<'clerk' | 'reader', string> = { clerk: '', reader: '' };
beforeAll(async () => {
  cloud = await testCloud();
  clients = awsClients(cloud.env);
  const made = new Keys(clients.dynamodb, cloud.env.WHARF_LEDGER_TABLE);
  const key = async (...scopes: string[]) => (await made.make({ name: scopes[0]!, scopes })).text;
  keys.clerk = await key(`${name}:approve`, `${name}:write`);
  keys.reader = await key('*:read');
}, 60_000);
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await cloud[Symbol.asyncDispose]();
});

const csv = (seed: number, header: (field: string) => string): string => {
  const names = fields.map((field) => field.name);
  const rows = [...generateRows(dataset(name), { rows: 60, seed })].map(({ values }, row) =>
    names.map((field) => (field === 'product_id' ? `P${seed}-${row}` : (values[field] ?? ''))),
  );
  return [names.map(header), ...rows].map((cells) => cells.join(',')).join('\n');
};
const renamed = (field: string): string => (field === 'product_id' ? 'Product No' : field);

async function ask(key: keyof typeof keys, path: string, body?: unknown) {
  const response = await fetch(`${cloud.cloud.api}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${keys[key]}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

it('a change is seen, decided and undone by a key with the scope for it, and by no other', async () => {
  await cloud.land(
    name,
    'a.csv',
    csv(1, (field) => field),
  );
  const held = await cloud.land(name, 'b.csv', csv(2, renamed));
  expect(held.state).toBe('held');
  expect((await ask('reader', '/v1/approvals')).body).toEqual({ approvals: [] });
  const { approvals } = (await ask('clerk', '/v1/approvals')).body as unknown as {
    approvals: { approval: string; deliveries: string[]; state: string }[];
  };
  expect(approvals).toMatchObject([{ state: 'pending', deliveries: [held.delivery] }]);
  const path = `/v1/approvals/${approvals[0]!.approval}`;
  expect(await ask('clerk', path)).toMatchObject({ status: 200, body: { dataset: name, state: 'pending' } });

  const decision = { decision: 'approve', why: 'the till was updated' };
  expect(await ask('reader', `${path}/decision`, decision)).toMatchObject({ status: 404 });
  expect(await ask('clerk', `${path}/decision`, { decision: 'yes' })).toMatchObject({ status: 400 });
  expect(await ask('clerk', `${path}/decision`, { ...decision, decision: 'undo' })).toMatchObject({
    status: 409,
  });
  expect(await ask('clerk', `${path}/decision`, decision)).toMatchObject({ status: 202 });
  await cloud.idle();
  expect(books((await cloud.ledger.get(held.delivery))!)).toMatchObject({
    ...{ state: 'committed', accepted: 60, balanced: true },
  });
  expect((await ask('clerk', path)).body).toMatchObject({
    ...{ state: 'approved', by: expect.any(String), reason: 'the till was updated' },
  });
  expect((await ask('clerk', '/v1/approvals')).body).toEqual({ approvals: [] });
  expect((await ask('clerk', '/v1/approvals?all=true')).body).toMatchObject({ approvals: [{}] });

  // Posted events go by the name as well.
  const event = { 'Product No': 'P9', product_name: 'Tea', category: 'Grocery', price: '3.20' };
  expect(await ask('clerk', '/v1/retailos/products', event)).toMatchObject({ status: 202 });
  await cloud.idle();
  expect(await cloud.rows(`SELECT product_id FROM ${name} WHERE product_name = 'Tea'`)).toEqual([
    { product_id: 'P9' },
  ]);

  expect(await ask('clerk', `${path}/decision`, { decision: 'undo', why: 'the wrong column' })).toMatchObject(
    {
      status: 202,
    },
  );
  await cloud.idle();
  expect((await ask('clerk', path)).body).toMatchObject({ state: 'undone' });

  // Two who read the same and decide at once: the second one's word finds another state when its turn comes.
  const late = { decision: 'reject', why: 'the export is broken', land: false, by: 'lin' };
  const said = { ...late, dataset: name, approval: approvals[0]!.approval };
  await clients.sqs.send(
    new SendMessageCommand({
      ...{ QueueUrl: cloud.cloud.env('lambdas/accept-event/handler.ts').WHARF_COMMIT_QUEUE_URL },
      ...{ MessageBody: JSON.stringify(said), MessageGroupId: name, MessageDeduplicationId: 'late' },
    }),
  );
  await cloud.idle();
  expect((await ask('clerk', path)).body).toMatchObject({
    state: 'undone',
    refused: {
      ...{ decision: 'reject', by: 'lin', why: 'the export is broken', code: 'approval.decided' },
      message: expect.stringContaining('is undone'),
    },
  });
  // The next decision that is done takes its place.
  await cloud.land(name, 'c.csv', csv(3, renamed));
  expect(await ask('clerk', `${path}/decision`, decision)).toMatchObject({ status: 202 });
  await cloud.idle();
  const { body } = await ask('clerk', path);
  expect(body).toMatchObject({ state: 'approved' });
  expect(body).not.toHaveProperty('refused');
}, 60_000);
