/** Calls to services whose SDK the product has no use for, as the root of the emulator's account. */
import type { Emulator } from '../../localstack/deploy.ts';

const versions = { iam: '2010-05-08', sts: '2011-06-15', cloudformation: '2010-05-15' } as const;

/**
 * Calls an action of AWS's Query protocol; the XML it answers. MiniStack looks at no signature of the root's key.
 * @example await call(emulator, 'iam', 'GetRole', { RoleName: 'x' })
 */
export async function call(
  { endpoint }: Emulator,
  service: keyof typeof versions,
  Action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const scope = `test/20260101/us-east-1/${service}/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({ Action, Version: versions[service], ...parameters }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${service} ${Action}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}

/** What stands in an XML element. */
export function element(xml: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
  if (!found) throw new Error(`The answer has no ${name}: ${xml.slice(0, 500)}`);
  return found[1]!;
}

/** The name of the role of a function of the stack, by the construct's id: `IngestFile`, `Commit`. */
export async function roleOf(emulator: Emulator, construct: string): Promise<string> {
  const xml = await call(emulator, 'cloudformation', 'ListStackResources', { StackName: 'Wharf-dev' });
  const role = xml
    .split('</member>')
    .find((member) => new RegExp(`<LogicalResourceId>[A-Za-z]*${construct}Role[0-9A-F]{8}<`).test(member));
  if (!role) throw new Error(`The stack has no role of ${construct}`);
  return element(role, 'PhysicalResourceId');
}

/** Who sends several messages at once, and to which queues. */
const senders = {
  IngestFile: ['*Commits*.fifo'],
  WriteEvents: ['*Commits*.fifo'],
  AcceptEvent: ['*Events*', '*LiveAccepted*'],
  Serve: ['*LiveTicks*'],
  Broadcast: ['*LiveTicks*'],
  Sweep: ['*Landed*'],
} as const;

/**
 * AWS knows no permission `sqs:SendMessageBatch`: `sqs:SendMessage` stands for both. MiniStack asks for it, so those
 * who send get it there, for the queues they may send to anyway.
 */
export async function allowBatches(emulator: Emulator): Promise<void> {
  for (const [construct, queues] of Object.entries(senders))
    await call(emulator, 'iam', 'PutRolePolicy', {
      RoleName: await roleOf(emulator, construct),
      PolicyName: 'WhatMiniStackAsksBeyondAws',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Action: 'sqs:SendMessageBatch',
          Resource: queues.map((queue) => `arn:aws:sqs:us-east-1:000000000000:${queue}`),
        },
      }),
    });
}
