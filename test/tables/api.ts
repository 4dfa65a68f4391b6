/** schemathesis makes up requests, right and wrong ones, from the OpenAPI document, and checks every answer against it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { venvBin } from '../../localstack/venv.ts';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients } from '../../platform/aws.ts';
import { testCloud } from '../pipeline/support.ts';

/** No answer of the server's own fault, and none that the document does not have; 404 for a method it lacks is API Gateway's own. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'ignored_auth',
];

/** Made-up requests of each kind to each operation. */
const EACH = 30;

export async function judgeApi(dir: string, seed = process.env.WHARF_SEED ?? '1'): Promise<boolean> {
  await using cloud = await testCloud();
  const keys = new Keys(awsClients(cloud.env).dynamodb, cloud.env.WHARF_LEDGER_TABLE!);
  const { text } = await keys.make({ name: 'schemathesis', scopes: ['admin'], rate: 1e6 });
  const child = spawn(
    venvBin('schemathesis'),
    [
      ...['run', `${cloud.api}/openapi.json`, '--header', `Authorization: Bearer ${text}`],
      ...['--checks', checks.join(','), '--max-examples', String(EACH), '--seed', seed],
      ...['--warnings', 'off', '--no-color'],
    ],
    { cwd: dir, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}
