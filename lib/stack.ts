/** The stack: one concern a construct. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { Analytics } from './analytics.ts';
import { Api } from './api.ts';
import { Clock } from './clock.ts';
import type { WharfConfig } from './config.ts';
import { EventPipeline } from './events.ts';
import { customerKey } from './key.ts';
import { LedgerTable } from './ledger.ts';
import { LiveApi } from './live.ts';
import { FilePipeline } from './pipeline.ts';
import { Replay } from './replay.ts';
import { Storage } from './storage.ts';

export interface WharfStackProps extends StackProps {
  readonly config: WharfConfig;
  /** Domains of the datasets; each gets a database. */
  readonly domains: readonly string[];
}

export class WharfStack extends Stack {
  constructor(scope: Construct, id: string, { config, domains, ...props }: WharfStackProps) {
    super(scope, id, props);
    const alarms = new Alarms(this, 'Alarms', { email: config.alarmEmail });
    const key = customerKey(this, config);
    const storage = new Storage(this, 'Storage', { config, key });
    const ledger = new LedgerTable(this, 'Ledger', { config, key });
    const analytics = new Analytics(this, 'Analytics', { config, storage, key, domains });
    const files = new FilePipeline(this, 'Files', { config, alarms, key, storage, ledger, analytics });
    const { events, ordered } = new EventPipeline(this, 'EventPipeline', {
      ...{ config, alarms, key, storage, ledger, analytics },
      commits: files.commits,
    });
    const live = new LiveApi(this, 'Live', { config, alarms, key, ledger });
    const { replay } = new Replay(this, 'Replays', {
      ...{ config, alarms, key, storage, ledger, analytics, events, ordered },
      commits: files.commits,
    });
    const { api } = new Api(this, 'Api', {
      ...{ config, alarms, key, storage, ledger, events, ordered, replay },
      live: live.events,
      commits: files.commits,
    });
    const clock = new Clock(this, 'Clock', {
      ...{ config, alarms, key, storage, ledger, analytics },
      landed: files.landed,
    });
    const outputs: Record<string, string> = {
      LandingBucketName: storage.landing.bucketName,
      LakeBucketName: storage.lake.bucketName,
      ResultsBucketName: storage.results.bucketName,
      LedgerTableName: ledger.table.tableName,
      LandedQueueUrl: files.landed.queue.queueUrl,
      CommitQueueUrl: files.commits.queue.queueUrl,
      EventQueueUrl: events.queue.queueUrl,
      OrderedQueueUrl: ordered.queue.queueUrl,
      JobQueueUrl: clock.due.queue.queueUrl,
      ApiUrl: api.apiEndpoint,
      LiveUrl: live.url,
      AthenaWorkgroup: analytics.workgroup.name,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
