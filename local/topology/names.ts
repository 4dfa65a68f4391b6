import type { Resource } from './template.ts';

export const region = 'us-east-1';
export const account = '000000000000';

interface Identity {
  /** The property that names the resource; without it the logical id does. */
  readonly property: string;
  readonly arn?: (name: string) => string;
  readonly fallback?: (id: string, resource: Resource) => string;
}

const regional =
  (service: string, before = '') =>
  (name: string) =>
    `arn:aws:${service}:${region}:${account}:${before}${name}`;

export const queueArn = regional('sqs');

const table: Identity = { property: 'TableName', arn: regional('dynamodb', 'table/') };

const identities: Readonly<Record<string, Identity>> = {
  'AWS::S3::Bucket': {
    property: 'BucketName',
    arn: (name) => `arn:aws:s3:::${name}`,
    fallback: (id) => id.toLowerCase().slice(0, 63),
  },
  'AWS::SQS::Queue': {
    property: 'QueueName',
    arn: queueArn,
    fallback: (id, { Properties }) => (Properties?.FifoQueue ? `${id.slice(0, 75)}.fifo` : id.slice(0, 80)),
  },
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::Lambda::Function': { property: 'FunctionName', arn: regional('lambda', 'function:') },
  'AWS::StepFunctions::StateMachine': {
    property: 'StateMachineName',
    arn: regional('states', 'stateMachine:'),
  },
  'AWS::Athena::WorkGroup': { property: 'Name' },
  'AWS::Scheduler::Schedule': { property: 'Name' },
};

/** The name a resource has on this machine. `resolve` reads the property that holds it. */
export function nameOf(id: string, resource: Resource, resolve: (value: unknown) => unknown): string {
  const identity = identities[resource.Type];
  const given = identity && resolve(resource.Properties?.[identity.property]);
  return given ? String(given) : (identity?.fallback?.(id, resource) ?? id);
}

/** Undefined for a type that the local cloud gives no ARN. */
export const arnOf = ({ Type }: Resource, name: string): string | undefined => identities[Type]?.arn?.(name);

/** The last part of a queue's, function's or bucket's ARN. */
export const nameInArn = (arn: string): string => arn.split(':').at(-1)!;
