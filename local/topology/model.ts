/** What a template says, as plain data: the only description of the topology the local cloud works from. */
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { When } from '../../core/schedule/model.ts';
import type { Env } from '../model.ts';

export interface Queue {
  readonly name: string;
  /** SQS attributes, as text. */
  readonly attributes: Readonly<Record<string, string>>;
}

export type Table = CreateTableCommandInput & { readonly TableName: string };

export interface Notification {
  readonly bucket: string;
  readonly queueArn: string;
  /** `s3:ObjectCreated:*` or one of its kinds. */
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

export interface LambdaFunction {
  readonly name: string;
  /** Path of its handler in the repository. */
  readonly entry: string;
  readonly env: Env;
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

export interface EventSource {
  readonly queueArn: string;
  readonly target: LambdaFunction;
  readonly batchSize: number;
  /** How long a batch may wait for more messages. */
  readonly windowMs: number;
  /** The function names the messages that failed; otherwise a batch succeeds or fails whole. */
  readonly reportsFailures: boolean;
  readonly maxConcurrency: number;
}

/** Says who may, once a function is asked about a header. */
export interface Authorizer {
  readonly target: LambdaFunction;
  /** In lower case. */
  readonly header: string;
  /** How long its word counts. */
  readonly ttlMs: number;
}

export interface HttpRoute {
  /** `POST /v1/{domain}/{dataset}` */
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly target: LambdaFunction;
  readonly authorizer: Authorizer | undefined;
}

/** Which other sites' pages may call; the rest as headers have it. */
export interface Cors {
  readonly origins: readonly string[];
  readonly methods: string;
  readonly headers: string;
  readonly exposed: string;
  readonly maxAge: string;
}

export interface HttpApi {
  readonly routes: readonly HttpRoute[];
  readonly cors: Cors | undefined;
}

/** A route of a WebSocket API. */
export interface LiveRoute {
  /** `$connect`, `$disconnect` or `$default` */
  readonly key: string;
  readonly target: LambdaFunction;
  /** Who is asked whether a client may connect. */
  readonly authorizer: LambdaFunction | undefined;
  /** What the function returns is sent to the client. */
  readonly answers: boolean;
}

export interface LiveApi {
  readonly stage: string;
  readonly routes: readonly LiveRoute[];
}

export interface Schedule {
  readonly name: string;
  readonly when: When;
  readonly queueArn: string;
  /** What is sent, with `<aws.scheduler.scheduled-time>` where the time it was due is to stand. */
  readonly input: string;
}

export interface Topology {
  readonly bucketNames: readonly string[];
  /** Role (`landing`) → bucket name. */
  readonly buckets: Readonly<Record<string, string>>;
  readonly queues: readonly Queue[];
  readonly tables: readonly Table[];
  readonly functions: readonly LambdaFunction[];
  readonly sources: readonly EventSource[];
  readonly notifications: readonly Notification[];
  readonly http: HttpApi | undefined;
  readonly live: LiveApi | undefined;
  readonly schedules: readonly Schedule[];
}
