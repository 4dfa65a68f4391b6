/** The WebSocket API as infrastructure: live → broadcast → clients, and a table of who listens. ADR 11 says why so. */
import { type CfnRoute, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { accept } from './accepted.ts';
import type { Alarms } from './alarms.ts';
import { authorizerEnvironment } from './api.ts';
import type { WharfConfig } from './config.ts';
import { WharfFunction } from './function.ts';
import type { LedgerTable } from './ledger.ts';
import { WatchedQueue } from './queues.ts';

export interface LiveApiProps {
  readonly config: WharfConfig;
  readonly alarms: Alarms;
  /** Of the account. @default AWS's */
  readonly key?: IKey;
  /** Where keys stand. */
  readonly ledger: LedgerTable;
}

const STAGE = 'live';

export class LiveApi extends Construct {
  /** What was accepted by live datasets, for whoever listens. */
  readonly events: WatchedQueue;
  /** Where clients connect. */
  readonly url: string;
  readonly #ticks: WatchedQueue;
  readonly #table: Table;
  readonly #api: WebSocketApi;
  readonly #stage: WebSocketStage;

  constructor(scope: Construct, id: string, props: LiveApiProps) {
    super(scope, id);
    const { config, alarms, key } = props;
    const { maxReceives } = config;
    const { throttle, ...live } = config.live;
    const timeout = Duration.seconds(live.timeout);
    const queue = { alarms, key, maxReceives, timeout };
    this.events = new WatchedQueue(this, 'Accepted', queue);
    this.#ticks = new WatchedQueue(this, 'Ticks', { ...queue, delay: Duration.seconds(1) });
    // Everything in it is forgotten within a day: there is nothing to keep when the stack goes.
    this.#table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: key ? TableEncryption.CUSTOMER_MANAGED : TableEncryption.AWS_MANAGED,
      encryptionKey: key,
      timeToLiveAttribute: 'expires',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    accept(this.#table, 'DDB3', 'What it holds is forgotten within a day, and stands in the lake as well');
    this.#api = new WebSocketApi(this, 'WebSocket', {
      apiName: `wharf-live-${config.stage}`,
      routeSelectionExpression: '$request.body.action',
    });
    this.#stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.#api,
      stageName: STAGE,
      autoDeploy: true,
      throttle,
    });
    accept(
      this.#stage,
      'APIG1',
      'Access logs of WebSockets need a role of the whole account; who connects stands in the log of the function',
    );
    this.url = this.#stage.url;
    this.#routes(props);
    this.#broadcast(props);
    alarms.watch('LiveExecutionErrors', {
      metric: this.#api.metric('ExecutionError', { period: Duration.minutes(5), statistic: 'Sum' }),
      above: 0,
      describe:
        'Live: clients were refused for a failure of ours. The logs of live and authorize-live say why.',
    });
  }

  get #environment(): Record<string, string> {
    return {
      WHARF_LIVE_TABLE: this.#table.tableName,
      WHARF_TICKS_QUEUE_URL: this.#ticks.queue.queueUrl,
      WHARF_LIVE_ENDPOINT: this.#stage.callbackUrl,
    };
  }

  /** Clients come, speak and go. */
  #routes({ config, alarms, key, ledger }: LiveApiProps): void {
    const { memory } = config.live;
    const common = { config, alarms, key, memory, timeout: Duration.seconds(10) };
    const authorize = new WharfFunction(this, 'Admit', {
      ...common,
      entry: 'lambdas/authorize-live/handler.ts',
      failsOnPurpose: true,
      environment: authorizerEnvironment(config, ledger),
    });
    authorize.allow(['dynamodb:GetItem'], [ledger.table.tableArn]);
    const serve = new WharfFunction(this, 'Serve', {
      ...common,
      entry: 'lambdas/live/handler.ts',
      environment: this.#environment,
    });
    serve.allow(
      ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'].map((verb) => `dynamodb:${verb}`),
      [this.#table.tableArn],
    );
    serve.allow(['sqs:SendMessage'], [this.#ticks.queue.queueArn]);
    this.#mayAnswer(serve);
    const integration = (route: string) => new WebSocketLambdaIntegration(`${route}Answer`, serve.function);
    this.#api.addRoute('$connect', {
      integration: integration('Connect'),
      // No source is required: of the two places of a key, a client uses one.
      authorizer: new WebSocketLambdaAuthorizer('Who', authorize.function, { identitySource: [] }),
    });
    const inside = [
      this.#api.addRoute('$disconnect', { integration: integration('Disconnect') }),
      this.#api.addRoute('$default', { integration: integration('Default') }),
    ];
    for (const { node } of inside)
      accept(
        node.defaultChild as CfnRoute,
        'APIG4',
        'Who connects is authorized, once for the whole connection: API Gateway asks at no other route',
      );
  }

  /** What was accepted reaches those who listen. */
  #broadcast({ config, alarms, key, ledger }: LiveApiProps): void {
    const { maxReceives } = config;
    const { memory, timeout } = config.live;
    const broadcast = new WharfFunction(this, 'Broadcast', {
      ...{ config, alarms, key, memory },
      timeout: Duration.seconds(timeout),
      entry: 'lambdas/broadcast/handler.ts',
      environment: {
        ...this.#environment,
        WHARF_LEDGER_TABLE: ledger.table.tableName,
        WHARF_MAX_RECEIVES: String(maxReceives),
      },
    });
    broadcast.allow(
      ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'].map((verb) => `dynamodb:${verb}`),
      [this.#table.tableArn],
    );
    // Keys stand there, which may have been revoked; and why a message was given up is kept there.
    broadcast.allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [ledger.table.tableArn]);
    broadcast.allow(['sqs:SendMessage'], [this.#ticks.queue.queueArn]);
    this.#mayAnswer(broadcast);
    // A tick sends the next: Lambda would take that for a loop by mistake, and cut it off.
    (broadcast.function.node.defaultChild as CfnFunction).recursiveLoop = 'Allow';
    for (const { queue } of [this.events, this.#ticks])
      broadcast.function.addEventSource(
        new SqsEventSource(queue, { reportBatchItemFailures: true, batchSize: 10, maxConcurrency: 5 }),
      );
  }

  #mayAnswer(answering: WharfFunction): void {
    const { apiId } = this.#api;
    answering.allow(
      ['execute-api:ManageConnections'],
      ['POST', 'DELETE'].map((method) =>
        Stack.of(this).formatArn({
          service: 'execute-api',
          resource: apiId,
          resourceName: `${STAGE}/${method}/@connections/*`,
        }),
      ),
      'A connection gets its name when a client comes',
    );
  }
}
