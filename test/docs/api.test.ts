/** The examples of docs/api.md, run as they stand there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { root } from '../../local/synth.ts';
import { type Api, startApi } from '../lambdas/api.ts';

interface Example {
  readonly command: string;
  readonly status: string;
  readonly part: string;
}

/** Each command with the comment below it that says what comes back: the status, then a part of the body. */
const examples: Example[] = [
  ...readFileSync(join(root, 'docs/api.md'), 'utf8').matchAll(/```sh\n(.*?)```/gs),
].flatMap(([, block]) =>
  [...block!.matchAll(/^(curl .*?)\n# (\d{3}) ([^\n]+)$/gms)].map(([, command, status, part]) => ({
    command: command!,
    status: status!,
    part: part!,
  })),
);

/** Programs that speak to the WebSocket API, with what they print. */
const programs = [
  ...readFileSync(join(root, 'docs/api.md'), 'utf8').matchAll(/^(node -e '.*?')\n# ([^\n]+)$/gms),
].map(([, command, part]) => ({ command: command!, part: part! }));

let api: Api;
let receipt = '';
beforeAll(async () => {
  api = await startApi();
  const posted = await api.post('/v1/recomart/users', '{"user_id":1,"age":1,"gender":"F","device":"Mobile"}');
  receipt = posted.body.accepted[0].receipt;
}, 60_000);
afterAll(() => api?.[Symbol.asyncDispose]());

it('has examples', () => expect([examples.length > 10, programs.length]).toEqual([true, 1]));

it.each(examples)('$status: $command', async ({ command, status, part }) => {
  const env = { ...process.env, API: api.cloud.api, KEY: api.admin, RECEIPT: receipt };
  const script = command.replace(/^curl/, "curl -sS --max-time 20 -w '\\n%{http_code}'");
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
  const [body = '', code] = stdout.split(/\n(?=\d{3}$)/);
  expect({ code, body }).toEqual({ code: status, body: expect.any(String) });
  for (const text of part.split('…')) expect(body).toContain(text);
});

it.each(programs)('hears $part', async ({ command, part }) => {
  const env = { ...process.env, LIVE: api.cloud.ws, KEY: api.admin };
  const { stdout } = await promisify(execFile)('bash', ['-c', command], { env, timeout: 20_000 });
  for (const text of part.split('…')) expect(stdout).toContain(text);
});
