import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Credentials } from '../model.ts';
import type { Table } from '../topology/model.ts';
import { portInUse } from './ports.ts';

export interface DynamoDb {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * DynamoDB on a loopback port, its tables kept under `path`.
 *
 * @throws WharfError `local.port_in_use`
 */
export async function startDynamoDb(path: string, port: number): Promise<DynamoDb> {
  const worker = new Worker(new URL('dynamodb.worker.ts', import.meta.url), { workerData: { path, port } });
  const [answer] = (await once(worker, 'message')) as [{ port: number } | { code: string; message: string }];
  if (!('port' in answer)) {
    await worker.terminate();
    throw portInUse(port, '--dynamodb-port', Object.assign(new Error(answer.message), { code: answer.code }));
  }
  return {
    url: `http://127.0.0.1:${answer.port}`,
    async stop() {
      const exited = once(worker, 'exit');
      worker.postMessage('stop');
      await exited;
    },
  };
}

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
