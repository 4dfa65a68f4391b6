import { join, resolve } from 'node:path';
import { createHandlers, type Load, loader, sharedEnv } from './functions.ts';
import { startGatewayThread } from './http/gateway-thread.ts';
import { startInvocations } from './http/invocations.ts';
import { startLiveGateway } from './live/gateway.ts';
import { lockState } from './lock.ts';
import type { LocalCloud, LocalCloudOptions, Logger } from './model.ts';
import { RunningCloud } from './running.ts';
import { createTables, startDynamoDb } from './services/dynamodb.ts';
import { type Emulator, startEmulator } from './services/emulator.ts';
import { QueueJournal } from './services/journal.ts';
import { synthesize } from './synth.ts';
import type { Priority } from './threads/thread.ts';
import type { LambdaFunction, Topology } from './topology/model.ts';
import { queueArn, region } from './topology/names.ts';
import { readTopology } from './topology/read.ts';

const credentials = { region, accessKeyId: 'wharf', secretAccessKey: 'wharf' };

const errorsOnly: Logger = {
  info: () => {},
  warn: () => {},
  error: (event, fields) => console.error(event, fields),
};

/**
 * Starts S3, SQS, DynamoDB, the HTTP and the WebSocket API in this process and wires the functions of the template to them. Listens on loopback only.
 *
 * @throws WharfError `local.state_in_use`, `local.port_in_use`, `local.synth_failed`, `local.unsupported_template`, `local.no_handler`
 * @example await using cloud = await startLocalCloud({ state: '.wharf' });
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { state, port = 0, dynamodbPort = 0, apiPort = 0, wsPort = 0, log = errorsOnly } = options;
  await using started = new AsyncDisposableStack();
  started.defer(lockState(state));

  let running: RunningCloud | undefined;
  const folder = join(state, 's3');
  const onObject: Parameters<typeof startEmulator>[0]['onObject'] = (event) => running?.hear(event);
  let load: Load = async () => undefined;
  const [dynamodb, emulator, invocations, template] = await Promise.all([
    stoppedWith(started, startDynamoDb(join(state, 'dynamodb'), dynamodbPort)),
    stoppedWith(started, startEmulator({ folder, port, onObject })),
    stoppedWith(
      started,
      startInvocations((name) => load(name)),
    ),
    options.template ?? synthesize(state),
  ]);
  const topology = readTopology(template, emulator.queueUrl);
  // It listens before its functions are there, for they must know where.
  const live =
    topology.live &&
    (await stoppedWith(started, startLiveGateway({ api: topology.live, port: wsPort, log })));
  const endpoints = {
    ...{ s3: emulator.url, sqs: emulator.url, dynamodb: dynamodb.url },
    lambda: invocations.url,
    connections: live?.connections,
  };
  const shared = sharedEnv(endpoints, credentials, resolve(state, 'tmp'));
  const journal = new QueueJournal(join(state, 'sqs'));
  started.defer(() => journal.close());
  build(topology, emulator, journal);
  await createTables(topology.tables, dynamodb.url, credentials);
  const how = { shared, replaced: options.handlers ?? {} };
  load = loader(topology.functions, how);
  const { http: api } = topology;
  const replaced = Object.keys(how.replaced);
  const [handlers, gateway] = await Promise.all([
    createHandlers(new Set([...topology.sources.map(({ target }) => target), ...functionsOfLive(topology)]), {
      ...how,
      threads: { of: busyOnes(topology), stoppedWith: started },
    }),
    api && stoppedWith(started, startGatewayThread({ api, port: apiPort, shared, replaced, log })),
  ]);
  live?.serve(handlers);
  running = new RunningCloud({
    ...options,
    log,
    folder,
    topology,
    emulator,
    endpoints,
    credentials,
    shared,
    handlers,
    gateway,
    live,
    clockFile: join(state, 'clock.json'),
    services: started.move(),
  });
  return running;
}

/** Whatever becomes of the start, what did start is stopped with the rest. */
function stoppedWith<Service extends { stop(): Promise<void> }>(
  stack: AsyncDisposableStack,
  starting: Promise<Service>,
): Promise<Service> {
  stack.defer(() =>
    starting.then(
      (service) => service.stop(),
      () => {},
    ),
  );
  return starting;
}

const functionsOfLive = ({ live }: Topology): LambdaFunction[] =>
  (live?.routes ?? []).flatMap(({ target, authorizer }) => (authorizer ? [target, authorizer] : [target]));

/**
 * Functions that are busy in JavaScript for long at a time: nothing else of this process would have its turn meanwhile.
 * Nobody waits for a batch of events to be written; whoever posted them waits for the answer.
 */
const busy: Readonly<Record<string, Priority>> = {
  'lambdas/write-events/handler.ts': 'low',
  'lambdas/broadcast/handler.ts': 'normal',
};
const busyOnes = ({ functions }: Topology): ReadonlyMap<LambdaFunction, Priority> =>
  new Map(functions.flatMap((target) => (busy[target.entry] ? [[target, busy[target.entry]!]] : [])));

function build(
  { bucketNames, queues, notifications }: Topology,
  emulator: Emulator,
  journal: QueueJournal,
): void {
  for (const name of bucketNames) if (!emulator.objects.hasBucket(name)) emulator.objects.createBucket(name);
  for (const { name, attributes } of queues) {
    const queue = emulator.queues.createQueue(name, emulator.queueUrl(name), queueArn(name), attributes);
    // What buckets tell of is told again after a restart, by the sweep.
    if (!notifications.some((one) => one.queueArn === queueArn(name))) journal.attach(queue);
  }
}
