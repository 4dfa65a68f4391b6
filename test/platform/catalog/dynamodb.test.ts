import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTables, startDynamoDb } from '../../../local/services/dynamodb.ts';
import { DynamoCatalog } from '../../../platform/catalog/dynamodb.ts';
import { ledgerTable } from '../../support/ledger-table.ts';
import { catalogSuite } from './suite.ts';

const credentials = { region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' };

catalogSuite('DynamoDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-catalog-'));
  const { url, stop } = await startDynamoDb(folder, 0);
  await createTables([ledgerTable], url, credentials);
  return {
    env: {
      AWS_REGION: credentials.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL: url,
    },
    open: ({ dynamodb: client }) => new DynamoCatalog({ client, tableName: ledgerTable.TableName }),
    async stop() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
