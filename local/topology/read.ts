import { WharfError } from '../../core/errors.ts';
import type { Env } from '../model.ts';
import { readHttpApi, readLiveApi } from './http.ts';
import type { EventSource, LambdaFunction, Queue, Table, Topology } from './model.ts';
import { arnOf, nameInArn, nameOf } from './names.ts';
import { readNotifications } from './notifications.ts';
import { readSchedule } from './schedules.ts';
import { type Resolve, type Resource, resolver, type Template } from './template.ts';

type Properties = Readonly<Record<string, unknown>>;

const queueAttributes = [
  'VisibilityTimeout',
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'FifoQueue',
  'ContentBasedDeduplication',
];

/**
 * Reads the topology out of a synthesized template. `queueUrl` tells where a queue answers on this machine.
 *
 * @throws WharfError `local.unsupported_template` when the template wires something that cannot run here
 */
export function readTopology(template: Template, queueUrl: (name: string) => string): Topology {
  const resolve: Resolve = resolver(template, {
    ref: (id, resource) => {
      const name = nameOf(id, resource, resolve);
      return resource.Type === 'AWS::SQS::Queue' ? queueUrl(name) : name;
    },
    attribute: (id, resource, attribute) => {
      const name = nameOf(id, resource, resolve);
      if (attribute === 'Arn') return arnOf(resource, name);
      return resource.Type === 'AWS::SQS::Queue' && attribute === 'QueueName' ? name : undefined;
    },
  });
  const resources = Object.entries(template.Resources).map(([id, resource]) => ({
    name: nameOf(id, resource, resolve),
    resource,
  }));
  const all = <T>(
    type: string,
    read: (name: string, properties: Properties, resource: Resource) => T | undefined,
  ): T[] =>
    resources
      .filter(({ resource }) => resource.Type === type)
      .map(({ name, resource }) => read(name, resource.Properties ?? {}, resource))
      .filter((found) => found !== undefined);

  const functions = all('AWS::Lambda::Function', (name, properties, { Metadata }) =>
    readFunction(name, properties, Metadata?.['wharf:entry'], resolve),
  );
  const bucketNames = all('AWS::S3::Bucket', (name) => name);
  return {
    bucketNames,
    buckets: bucketRoles(template, bucketNames, resolve),
    queues: all('AWS::SQS::Queue', (name, properties) => readQueue(name, properties, resolve)),
    tables: ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'].flatMap((type) =>
      all(type, (name, properties) => readTable(name, properties, resolve)),
    ),
    functions,
    sources: all('AWS::Lambda::EventSourceMapping', (_, properties) =>
      readSource(resolve(properties) as Mapping, functions),
    ),
    http: readHttpApi(template, functions, resolve),
    live: readLiveApi(template, functions, resolve),
    schedules: all('AWS::Scheduler::Schedule', (name, properties) => readSchedule(name, properties, resolve)),
    notifications: resources.flatMap(({ name, resource }) => readNotifications(resource, name, resolve)),
  };
}

/** A bucket's role is the word before `Bucket` in the stack's output that gives its name: `LandingBucketName` is `landing`. */
function bucketRoles({ Outputs = {} }: Template, names: readonly string[], resolve: Resolve) {
  const roles: Record<string, string> = {};
  for (const [output, { Value }] of Object.entries(Outputs)) {
    const role = /^(.+?)Bucket/.exec(output)?.[1];
    const name = role && resolve(Value);
    if (role && names.includes(String(name))) roles[role.toLowerCase()] = String(name);
  }
  return roles;
}

function readFunction(
  name: string,
  { Environment, Timeout = 3, MemorySize = 128 }: Properties,
  entry: unknown,
  resolve: Resolve,
): LambdaFunction | undefined {
  if (typeof entry !== 'string') return undefined;
  const { Variables = {} } = (resolve(Environment) ?? {}) as { Variables?: Env };
  return { name, entry, env: Variables, timeoutMs: Number(Timeout) * 1000, memoryMb: Number(MemorySize) };
}

function readQueue(name: string, properties: Properties, resolve: Resolve): Queue {
  const attributes: Record<string, string> = {};
  for (const attribute of queueAttributes) {
    const value = resolve(properties[attribute]);
    if (value !== undefined) {
      attributes[attribute] = typeof value === 'object' ? JSON.stringify(value) : String(value);
    }
  }
  return { name, attributes };
}

function readTable(name: string, properties: Properties, resolve: Resolve): Table {
  const read = <Key extends keyof Table>(key: Key) => resolve(properties[key]) as Table[Key];
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: read('AttributeDefinitions'),
    KeySchema: read('KeySchema'),
    GlobalSecondaryIndexes: read('GlobalSecondaryIndexes')?.map(({ IndexName, KeySchema, Projection }) => ({
      IndexName,
      KeySchema,
      Projection,
    })),
  };
}

interface Mapping {
  readonly EventSourceArn?: string;
  readonly FunctionName: string;
  readonly Enabled?: boolean;
  readonly BatchSize?: number;
  readonly MaximumBatchingWindowInSeconds?: number;
  readonly FunctionResponseTypes?: readonly string[];
  readonly ScalingConfig?: { readonly MaximumConcurrency?: number };
}

function readSource(mapping: Mapping, functions: readonly LambdaFunction[]): EventSource | undefined {
  const target = functions.find(({ name }) => name === nameInArn(mapping.FunctionName));
  if (!target || mapping.Enabled === false) return undefined;
  if (!mapping.EventSourceArn?.includes(':sqs:')) {
    throw new WharfError(
      `${target.entry} is fed by ${mapping.EventSourceArn}, which the local cloud does not read`,
      {
        code: 'local.unsupported_template',
        fix: 'Feed it from a queue.',
        route: 'usage',
      },
    );
  }
  return {
    queueArn: mapping.EventSourceArn,
    target,
    batchSize: mapping.BatchSize ?? 10,
    windowMs: (mapping.MaximumBatchingWindowInSeconds ?? 0) * 1000,
    reportsFailures: mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    maxConcurrency: mapping.ScalingConfig?.MaximumConcurrency ?? Number.POSITIVE_INFINITY,
  };
}
