/** What was approved holds wherever a contract is shown, and for whatever is judged by it. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients, type Clients } from '../../platform/aws.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import { approved } from '../support/approved.ts';
import { type TestCloud, testCloud } from './support.ts';

const DATASET = 'recomart.users';
let cloud: TestCloud;
let clients: Clients;
let key: string;
beforeAll(async () => {
  cloud = await testCloud();
  clients = awsClients(cloud.env);
  const keys = new Keys(clients.dynamodb, cloud.env.WHARF_LEDGER_TABLE);
  key = (await keys.make({ name: 'test', scopes: ['admin'] })).text;
  const rows = ['1,30,F,Mobile', '2,31,M,Watch'];
  await cloud.land(DATASET, 'a.csv', ['user_id,age,gender,device', ...rows].join('\n'));
  const drift = new DriftStore(clients.dynamodb, cloud.env.WHARF_LEDGER_TABLE);
  await approved(DATASET, { change: 'values', field: 'device', values: ['Watch'] }, drift);
}, 60_000);
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await cloud[Symbol.asyncDispose]();
});

// biome-ignore lint/suspicious/noExplicitAny: it looks into answers of several shapes
async function ask(path: string, body?: object): Promise<any> {
  const response = await fetch(cloud.cloud.api + path, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json();
}

it('the OpenAPI document has the values that were approved', async () => {
  const { components } = await ask('/openapi.json');
  expect(components.schemas[DATASET].properties.device.enum).toContain('Watch');
});

it('the list of datasets says which version of its contract each has', async () => {
  const { datasets } = await ask('/v1/datasets');
  const versions = new Map(datasets.map((one: Record<string, unknown>) => [one.dataset, one.version]));
  expect([versions.get(DATASET), versions.get('recomart.products')]).toEqual([1, 0]);
});

it('a row that was refused before is replayed by the contract as it is now', async () => {
  const replayed = await ask('/v1/recomart/users/replays', {});
  expect(replayed).toMatchObject({ picked: 1, passing: 1 });
  await cloud.idle();
  expect(await cloud.rows(`SELECT device FROM ${DATASET} WHERE user_id = '2'`)).toEqual([
    { device: 'Watch' },
  ]);
});
