/** What the pipeline on one machine is made of, in Wharf's words. */
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Template } from './topology/template.ts';

export type Env = Readonly<Record<string, string>>;

/** What a Lambda fed by a queue is, here and on AWS. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that reports no failures returns nothing
export type QueueHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse | void>;

/** Any Lambda: what it is called with depends on what calls it. */
export type Handler = (event: never, context: Context) => Promise<unknown>;

/** Every `lambdas/<name>/handler.ts` exports one as `createHandler`: several handlers share this process, so none reads `process.env`. */
export type CreateHandler = (env: Env) => Handler;

export interface Logger {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** One object as a bucket holds it. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** What a client needs to reach the services. */
export interface Endpoints {
  readonly s3: string;
  readonly sqs: string;
  readonly dynamodb: string;
  /** Where WebSocket clients are sent messages; undefined where the template has no such API. */
  readonly connections?: string;
  readonly lambda: string;
}

export interface Credentials {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A running cloud. Disposing of it is the same as `stop`. */
export interface LocalCloud extends AsyncDisposable {
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  /** Where the HTTP API answers; undefined where the template has none. */
  readonly api: string | undefined;
  /** Where WebSocket clients connect; undefined where the template has no such API. */
  readonly ws: string | undefined;
  /** Role (`landing`, `lake`, …) → bucket name. */
  readonly buckets: Readonly<Record<string, string>>;
  /**
   * The environment of the function whose code is in `entry`, endpoints and credentials included.
   * @throws WharfError `local.unknown_function`
   * @example cloud.env('lambdas/ingest-file/handler.ts').WHARF_LAKE_BUCKET
   */
  env(entry: string): Env;
  /** The file on this disk that holds an object's bytes, for readers that need no S3. It need not exist. */
  file(bucket: string, key: string): string;
  /** Resolves when no notification, message or handler is pending. Dead letters count as done. */
  idle(): Promise<void>;
  /** Lets running handlers finish, then closes everything. Messages still queued come back at the next start: those of buckets through the sweep, the others from the state folder. */
  stop(): Promise<void>;
}

/** What a clock shows, where it is not the machine's. */
export interface ClockOptions {
  /** What it shows first. @default now */
  readonly start?: Date;
  /** How many times as fast it goes. @default 1 */
  readonly speed?: number;
}

export interface LocalCloudOptions {
  /** Folder that holds everything that outlives the process. */
  readonly state: string;
  /** S3 and SQS. @default 0, a free one */
  readonly port?: number;
  /** @default 0, a free one */
  readonly dynamodbPort?: number;
  /** The HTTP API. @default 0, a free one */
  readonly apiPort?: number;
  /** The WebSocket API. @default 0, a free one */
  readonly wsPort?: number;
  /** @default the synthesized CDK app */
  readonly template?: Template;
  /** @default errors to stderr */
  readonly log?: Logger;
  /** Entry → code, instead of the module at that path. */
  readonly handlers?: Readonly<Record<string, CreateHandler>>;
  /**
   * Whether an object that was here at the start still needs its notification: queues do not outlive the process.
   * @default every object does; ingestion recognizes what it has had
   */
  readonly unfinished?: (object: StoredObject, cloud: LocalCloud) => Promise<boolean>;
  /** Runs what is due by the template's schedules. @default nothing is */
  readonly clock?: ClockOptions;
  /**
   * How long a FIFO batch waits to fill up while other functions are at work that may send more. AWS has no such
   * setting, but its commits take longer, which gathers batches too.
   * @default 1000
   */
  readonly fifoWindowMs?: number;
  /**
   * At most this long a batch of another queue waits to fill up, whatever the template says: nobody here pays by the
   * call, and somebody waits for what was posted.
   * @default 1000
   */
  readonly windowMs?: number;
}
