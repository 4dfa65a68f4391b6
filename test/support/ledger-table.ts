import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTables, startDynamoDb } from '../../local/services/dynamodb.ts';
import type { Table } from '../../local/topology/model.ts';

/** A table with the keys of the ledger's. */
export const ledgerTable: Table = {
  TableName: 'ledger',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
};

const credentials = { region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' };

/** DynamoDB with that table in it, in a folder that goes with it. @returns the environment of its clients, and what ends it */
export async function startLedgerTable() {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-ledger-'));
  const { url, stop } = await startDynamoDb(folder, 0);
  await createTables([ledgerTable], url, credentials);
  return {
    env: {
      AWS_REGION: credentials.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL: url,
    },
    async stop() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
