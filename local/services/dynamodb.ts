import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Credentials } from '../model.ts';
import { type Service, startService } from '../threads/service.ts';
import type { Table } from '../topology/model.ts';

/**
 * DynamoDB on a loopback port, its tables kept under `path`.
 *
 * @throws WharfError `local.port_in_use`
 */
export const startDynamoDb = (path: string, port: number): Promise<Service> =>
  startService(new URL('dynamodb.worker.ts', import.meta.url), { path, port }, '--dynamodb-port');

/** Makes the tables that are not there yet; those that are keep their items. */
export async function createTables(
  tables: readonly Table[],
  endpoint: string,
  credentials: Credentials,
): Promise<void> {
  const { region, ...keys } = credentials;
  const client = new DynamoDBClient({ region, endpoint, credentials: keys });
  try {
    await Promise.all(
      tables.map((table) =>
        client.send(new CreateTableCommand(table)).catch((error: Error) => {
          if (error.name !== 'ResourceInUseException') throw error;
        }),
      ),
    );
  } finally {
    client.destroy();
  }
}
