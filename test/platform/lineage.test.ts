/** What an OpenLineage endpoint hears of a file that landed: events as its specification has them. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import * as z from 'zod';
import type { RunEvent } from '../../core/lineage/events.ts';
import { lineageTo, runIdOf } from '../../platform/lineage.ts';
import { type TestCloud, testCloud } from '../pipeline/support.ts';

/** What OpenLineage 2-0-2 requires of a run event, and the facets that Wharf sends. */
const facet = z.looseObject({ _producer: z.string().regex(/^[a-z][a-z0-9+.-]*:\S+$/i), _schemaURL: z.url() });
const facets = z.record(z.string(), facet);
const dataset = z.strictObject({ namespace: z.string(), name: z.string(), facets: facets.optional() });
const runEvent = z.strictObject({
  eventType: z.enum(['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER']),
  eventTime: z.iso.datetime(),
  producer: z.string().regex(/^[a-z][a-z0-9+.-]*:\S+$/i),
  schemaURL: z.url(),
  run: z.strictObject({ runId: z.uuid(), facets: facets.optional() }),
  job: z.strictObject({ namespace: z.string(), name: z.string(), facets: facets.optional() }),
  inputs: z.array(dataset.extend({ inputFacets: facets.optional() })),
  outputs: z.array(dataset.extend({ outputFacets: facets.optional() })),
});

const heard: RunEvent[] = [];
let status = 201;
const server = createServer(async (request, answer) => {
  const body = (await request.toArray()) as Buffer[];
  heard.push(JSON.parse(Buffer.concat(body).toString()));
  answer.writeHead(status).end();
});
let cloud: TestCloud;
let url: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/lineage`;
  cloud = await testCloud({ more: { WHARF_LINEAGE_URL: url } });
}, 60_000);
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  server.close();
});

it('is told when a run started and what it wrote, table and quarantine', async () => {
  const landed = await cloud.land(
    'recomart.users',
    'a.csv',
    'user_id,age,gender,device\n1,30,F,Mobile\n2,0,F,Mobile\n',
  );
  for (const event of heard) expect(runEvent.parse(event)).toEqual(event);
  expect(heard).toMatchObject([{ eventType: 'START' }, { eventType: 'COMPLETE' }]);
  expect(heard[1]).toMatchObject({
    run: { runId: runIdOf(landed.delivery) },
    job: { name: 'recomart.users' },
    inputs: [{ namespace: `s3://${landed.bucket}`, name: landed.key }],
    outputs: [
      {
        ...{ name: 'lake/recomart/users', facets: { version: { datasetVersion: landed.snapshot } } },
        outputFacets: { outputStatistics: { rowCount: 1, fileCount: 1 } },
      },
      { name: 'quarantine/recomart/users', outputFacets: { outputStatistics: { rowCount: 1 } } },
    ],
  });
});

it('may fail, and nothing waits for it', async () => {
  status = 500;
  const landed = await cloud.land('recomart.users', 'b.csv', 'user_id,age,gender,device\n3,30,F,Mobile\n');
  expect(landed).toMatchObject({ state: 'committed' });
  await expect(lineageTo('http://127.0.0.1:1/')([])).resolves.toBeUndefined();
});
