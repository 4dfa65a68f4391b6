import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it, jest } from '@jest/globals';
import { AbstractValueIterator } from 'abstract-level';
import dynalite from 'dynalite';
import { createTables } from '../../../local/services/dynamodb.ts';
import { closeIterators } from '../../../local/services/iterators.ts';
import { Items } from '../../../platform/items.ts';
import { ledgerTable } from '../../support/ledger-table.ts';

it('what is read through is closed again, however often somebody asks', async () => {
  const close = jest.spyOn(AbstractValueIterator.prototype, 'close');
  closeIterators();
  const path = await mkdtemp(join(tmpdir(), 'wharf-iterators-'));
  const server = dynalite({ path, createTableMs: 0 }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { region: 'us-east-1', accessKeyId: 'wharf', secretAccessKey: 'wharf' };
  const client = new DynamoDBClient({ region: credentials.region, endpoint, credentials });
  try {
    await createTables([ledgerTable], endpoint, credentials);
    const items = new Items(DynamoDBDocumentClient.from(client), ledgerTable.TableName);
    await items.put('delivery#1', { state: 'committed' });
    for (let i = 0; i < 10; i++)
      expect(await Array.fromAsync(items.scan(['delivery#'], ['state']))).toHaveLength(1);
    expect(close.mock.calls.length).toBeGreaterThanOrEqual(10);
  } finally {
    client.destroy();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(path, { recursive: true });
  }
});
