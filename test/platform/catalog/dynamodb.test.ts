import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTables, startDynamoDb } from '../../../local/services/dynamodb.ts';
import { DynamoCatalog } from '../../../platform/catalog/dynamodb.ts';
import { catalogSuite } from './suite.ts';

const credentials = { region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' };
const tableName = 'ledger';

catalogSuite('DynamoDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-catalog-'));
  const { url, stop } = await startDynamoDb(folder, 0);
  const table = {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
  } as const;
  await createTables([table as never], url, credentials);
  return {
    env: {
      AWS_REGION: credentials.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL: url,
    },
    open: ({ dynamodb: client }) => new DynamoCatalog({ client, tableName }),
    async stop() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
