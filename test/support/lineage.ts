/** An endpoint for OpenLineage events, and a pipeline that has everything happen to it that tells. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunEvent } from '../../core/lineage/events.ts';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients } from '../../platform/aws.ts';
import { type TestCloud, testCloud } from '../pipeline/support.ts';

export interface Listening extends AsyncDisposable {
  readonly cloud: TestCloud;
  /** All that was told so far. */
  readonly heard: RunEvent[];
  /** What the endpoint answers. */
  readonly answer: { status: number };
}

/** Starts a pipeline whose runs are told to an endpoint. */
export async function listening(): Promise<Listening> {
  const heard: RunEvent[] = [];
  const answer = { status: 201 };
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()) as Buffer[];
    heard.push(JSON.parse(Buffer.concat(body).toString()));
    response.writeHead(answer.status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/lineage`;
  const cloud = await testCloud({ more: { WHARF_LINEAGE_URL: url } });
  return {
    ...{ cloud, heard, answer },
    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]();
      server.close();
      server.closeAllConnections();
    },
  };
}

const DATASET = 'recomart.users';
const header = 'user_id,age,gender,device\n';

/** What happens, in this order, and who it happens to. */
export async function everything({ cloud }: Pick<Listening, 'cloud'>) {
  const { dynamodb } = awsClients(cloud.env);
  const key = await new Keys(dynamodb, cloud.env.WHARF_LEDGER_TABLE).make({
    ...{ name: 'test', scopes: ['admin'] },
  });
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${key.text}`, 'content-type': 'application/json' };
    const response = await fetch(`${cloud.cloud.api}/v1/${path}`, {
      ...{ method: 'POST', headers, body: JSON.stringify(body) },
    });
    await cloud.idle();
    return (await response.json()) as { deliveries?: string[] };
  };
  const landed = await cloud.land(DATASET, 'a.csv', `${header}1,30,F,Mobile\n2,-7,F,Mobile\n`);
  const duplicate = await cloud.land(DATASET, 'again.csv', `${header}1,30,F,Mobile\n2,-7,F,Mobile\n`);
  const refused = await cloud.land(DATASET, 'other.csv', 'some,other\n1,2\n');
  const { deliveries } = await post('recomart/users/replays', { sql: ['age = abs(age)'] });
  await post('recomart/users', { user_id: '5', age: 50, gender: 'M', device: 'Desktop' });
  const undo = () => cloud.revise(DATASET, { what: 'undo', deliveries: deliveries! });
  const undone = await undo();
  const impossible = await undo();
  const rolledBack = await cloud.revise(DATASET, { what: 'rollback', to: landed.snapshot! });
  dynamodb.destroy();
  return { landed, duplicate, refused, replay: deliveries![0]!, undone, impossible, rolledBack };
}
