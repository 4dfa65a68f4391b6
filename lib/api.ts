/** The HTTP API: its routes from the table, one function that answers them, one that says who may. */

import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnRoute,
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Operation, type Route, routes } from '../core/api/routes.ts';
import { accept } from './accepted.ts';
import type { Alarms } from './alarms.ts';
import type { WharfConfig } from './config.ts';
import { WharfFunction } from './function.ts';
import type { LedgerTable } from './ledger.ts';
import type { WatchedQueue } from './queues.ts';
import { removalPolicy } from './removal.ts';
import { LANDING_PREFIX, type Storage } from './storage.ts';

export interface ApiProps {
  readonly config: WharfConfig;
  readonly alarms: Alarms;
  /** Of the account. @default AWS's */
  readonly key?: IKey;
  readonly storage: Storage;
  readonly ledger: LedgerTable;
  /** What changes tables is told here. */
  readonly commits: WatchedQueue;
  /** Where accepted events go. */
  readonly events: WatchedQueue;
  /** Where those go whose order matters. */
  readonly ordered: WatchedQueue;
  /** Where events of live datasets go, too. */
  readonly live: WatchedQueue;
  /** What answers for refused rows. */
  readonly replay: WharfFunction;
}

/** What is written down of a request. No path and no query: what a caller puts there may be a secret. */
const LOGGED = {
  request: '$context.requestId',
  time: '$context.requestTimeEpoch',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  caller: '$context.authorizer.caller',
  status: '$context.status',
  bytes: '$context.responseLength',
  ms: '$context.responseLatency',
  error: '$context.error.messageString',
} as const;

/** What tells a function that says who may where keys stand, and whose tokens are taken. */
export function authorizerEnvironment(
  { api: { jwt } }: WharfConfig,
  { table }: LedgerTable,
): Record<string, string> {
  return {
    WHARF_LEDGER_TABLE: table.tableName,
    ...(jwt && { WHARF_JWT_ISSUER: jwt.issuer, WHARF_JWT_AUDIENCE: jwt.audience, WHARF_JWT_KEYS: jwt.keys }),
  };
}

export class Api extends Construct {
  readonly api: HttpApi;
  readonly acceptEvent: WharfFunction;
  readonly authorize: WharfFunction;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { config, alarms, key, storage, ledger, events, ordered, commits, live } = props;
    const { api: settings } = config;
    const { table } = ledger;
    const common = { config, alarms, key, memory: settings.memory, timeout: Duration.seconds(10) };
    this.acceptEvent = new WharfFunction(this, 'AcceptEvent', {
      ...common,
      entry: 'lambdas/accept-event/handler.ts',
      environment: {
        WHARF_LEDGER_TABLE: table.tableName,
        WHARF_EVENTS_QUEUE_URL: events.queue.queueUrl,
        WHARF_ORDERED_QUEUE_URL: ordered.queue.queueUrl,
        WHARF_COMMIT_QUEUE_URL: commits.queue.queueUrl,
        WHARF_LIVE_QUEUE_URL: live.queue.queueUrl,
        WHARF_LANDING_BUCKET: storage.landing.bucketName,
        WHARF_MAX_UPLOAD_BYTES: String(config.limits.objectBytes),
        WHARF_EVENTS_PER_SECOND: String(settings.eventsPerSecond),
      },
    });
    const told = [events, ordered, commits, live].map(({ queue }) => queue.queueArn);
    this.acceptEvent.allow(['sqs:SendMessage'], told);
    this.acceptEvent.allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [table.tableArn]);
    this.acceptEvent.allow(['dynamodb:Query'], [`${table.tableArn}/index/by_dataset`]);
    // An address to upload to can do no more than who signed it.
    this.acceptEvent.allow(
      ['s3:PutObject'],
      [storage.landing.arnForObjects(`${LANDING_PREFIX}*`)],
      'Files are named as they are uploaded: what is known before is their zone',
    );
    this.authorize = new WharfFunction(this, 'Authorize', {
      ...common,
      entry: 'lambdas/authorize/handler.ts',
      environment: authorizerEnvironment(config, ledger),
    });
    this.authorize.allow(['dynamodb:GetItem'], [table.tableArn]);

    const { corsOrigins } = settings;
    this.api = new HttpApi(this, 'Http', {
      apiName: `wharf-${config.stage}`,
      createDefaultStage: false,
      ...(corsOrigins.length && {
        corsPreflight: {
          allowOrigins: corsOrigins,
          allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST],
          allowHeaders: ['authorization', 'content-type', 'content-encoding', 'idempotency-key'],
          exposeHeaders: ['retry-after'],
          maxAge: Duration.hours(1),
        },
      }),
    });
    this.#stage(props);
    this.#routes(props);
    alarms.watch('ApiServerErrors', {
      metric: this.api.metricServerError({ period: Duration.minutes(5) }),
      above: 0,
      describe: 'Api: a request was answered with 5xx. Callers repeat it; the log of accept-event says why.',
    });
  }

  #stage({ config, key }: ApiProps): void {
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: config.retention.logs as RetentionDays,
      encryptionKey: key,
      removalPolicy: removalPolicy(config),
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: config.api.throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    });
  }

  #routes({ config, replay }: ApiProps): void {
    const { authorizerTtl } = config.api;
    const answer = new HttpLambdaIntegration('Answer', this.acceptEvent.function);
    const answerReplay = new HttpLambdaIntegration('AnswerReplay', replay.function);
    const authorizer = new HttpLambdaAuthorizer('Who', this.authorize.function, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.Authorization'],
      resultsCacheTtl: Duration.seconds(authorizerTtl),
    });
    const open = new HttpNoneAuthorizer();
    for (const id of Object.keys(routes) as Operation[]) {
      const route: Route = routes[id];
      const added = this.api.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: route.by === 'replay' ? answerReplay : answer,
        authorizer: route.open ? open : authorizer,
      });
      if (route.open)
        for (const { node } of added)
          accept(
            node.defaultChild as CfnRoute,
            'APIG4',
            'Health and documents are for everybody: a browser sends no key',
          );
    }
  }
}
