/** An alarm when nobody decides about refused rows. */
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { NAMED_LATER } from './accepted.ts';
import type { Alarms } from './alarms.ts';
import type { WharfConfig } from './config.ts';
import { WharfFunction } from './function.ts';
import type { LedgerTable } from './ledger.ts';
import type { Storage } from './storage.ts';

export interface QuarantineAgeProps {
  readonly config: WharfConfig;
  readonly alarms: Alarms;
  /** Of the account. @default AWS's */
  readonly key?: IKey;
  readonly storage: Storage;
  readonly ledger: LedgerTable;
}

/** Often enough for an age in days. */
const EVERY = Duration.hours(6);

export class QuarantineAge extends Construct {
  constructor(scope: Construct, id: string, props: QuarantineAgeProps) {
    super(scope, id);
    const { config, alarms, key, storage, ledger } = props;
    const { table } = ledger;
    const look = new WharfFunction(this, 'Look', {
      ...{ config, alarms, key, memory: 512, timeout: Duration.minutes(5) },
      entry: 'lambdas/quarantine-age/handler.ts',
      environment: { WHARF_LEDGER_TABLE: table.tableName },
    });
    look.allow(['dynamodb:BatchGetItem'], [table.tableArn]);
    look.allow(['dynamodb:Query'], [`${table.tableArn}/index/by_dataset`]);
    look.allow(['s3:GetObject'], storage.lakeObjects('deliveries'), NAMED_LATER);
    look.allow(['s3:ListBucket'], [storage.lake.bucketArn]);
    new Rule(this, 'Every', {
      description: 'How long have refused rows waited?',
      schedule: Schedule.rate(EVERY),
      targets: [new LambdaFunction(look.function)],
    });
    alarms.watch('OldestRefusedRow', {
      metric: new Metric({
        namespace: 'Wharf',
        metricName: 'OldestRefusedRowAge',
        dimensionsMap: { Stage: config.stage },
        period: EVERY,
        statistic: 'Maximum',
      }),
      above: Duration.days(config.refusedRowsWait).toSeconds(),
      describe: `Quarantine: a refused row has waited for ${config.refusedRowsWait} days. Replay it, discard it with a reason, or export it for whoever sent it.`,
    });
  }
}
