/** What becomes of refused rows: the function behind the routes of replays, discards and the quarantine. */
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ANY_TABLE, NAMED_LATER } from './accepted.ts';
import { WharfFunction } from './function.ts';
import { lakeEnvironment, type WriterProps } from './lake-writer.ts';
import { LANDING_PREFIX } from './storage.ts';

/** API Gateway waits for half a minute. */
const TIMEOUT = Duration.seconds(29);

export class Replay extends Construct {
  readonly replay: WharfFunction;

  constructor(scope: Construct, id: string, props: WriterProps) {
    super(scope, id);
    const { config, alarms, key, storage, ledger, analytics } = props;
    const { memory, storage: disk } = config.ingestFile;
    const { landing, lake } = storage;
    this.replay = new WharfFunction(this, 'Replay', {
      ...{ config, alarms, key, memory, timeout: TIMEOUT, storage: disk, duckdb: true },
      entry: 'lambdas/replay/handler.ts',
      environment: {
        ...lakeEnvironment(props),
        WHARF_LIMITS: JSON.stringify(config.limits),
        WHARF_ENGINE_MEMORY_MB: String(Math.floor(memory / 4)),
      },
    });
    // The list of all tables, of which a query takes those it names.
    this.replay.allow(['glue:GetTable', 'glue:GetTables'], analytics.tables, ANY_TABLE);
    this.replay.allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], [ledger.table.tableArn]);
    this.replay.allow(['s3:GetObject'], storage.lakeObjects('metadata', 'quarantined'), NAMED_LATER);
    this.replay.allow(
      ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
      storage.lakeObjects('replays'),
      NAMED_LATER,
    );
    // A file that was refused whole lands again in its place.
    this.replay.allow(
      ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:AbortMultipartUpload'],
      [landing.arnForObjects(`${LANDING_PREFIX}*`)],
      NAMED_LATER,
    );
    this.replay.allow(['s3:ListBucket'], [landing.bucketArn, lake.bucketArn]);
  }
}
