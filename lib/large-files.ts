/** The road of files no function can hold: a state machine, Athena for the statements, a function for what is no SQL. */
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { accept, acceptWildcards } from './accepted.ts';
import { distributionSteps } from './distribution-steps.ts';
import { WharfFunction } from './function.ts';
import { KEY_USE } from './key.ts';
import { allowFiles, allowLanded, closerEnvironment, type WriterProps } from './lake-writer.ts';
import type { WatchedQueue } from './queues.ts';
import { removalPolicy } from './removal.ts';

export interface LargeFilesProps extends WriterProps {
  readonly commits: WatchedQueue;
}

/** Copying takes the longest: of 100 GB about ten minutes. */
const TIMEOUT = Duration.minutes(15);
const MEMORY = 1024;

const OF_A_RUN =
  'Tables and files of a run are named when it starts: what is known before is their staging zone';

export class LargeFiles extends Construct {
  readonly distribute: WharfFunction;
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, props: LargeFilesProps) {
    super(scope, id);
    const { config, alarms, key, storage } = props;
    const stack = Stack.of(this);
    const arn = (service: string, resource: string, resourceName?: string): string =>
      stack.formatArn({ service, resource, resourceName });
    const stage = config.stage.replaceAll('-', '_');
    const database = `wharf_staging_${stage}`;
    const workgroup = `wharf-${config.stage}-large`;
    new CfnDatabase(this, 'Staging', {
      catalogId: stack.account,
      databaseInput: {
        name: database,
        description: 'Tables of files under way, each gone when its file is through',
      },
    }).applyRemovalPolicy(RemovalPolicy.DESTROY);
    new CfnWorkGroup(this, 'Workgroup', {
      name: workgroup,
      description: 'Files too large for a function',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        // A statement reads the file once or, where it was numbered, what was made of it.
        bytesScannedCutoffPerQuery: Math.max(2 * config.distributed.upTo, 10 * 1024 ** 2),
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${storage.results.bucketName}/large/`,
          encryptionConfiguration: key
            ? { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn }
            : { encryptionOption: 'SSE_S3' },
        },
      },
    });
    this.distribute = new WharfFunction(this, 'Distribute', {
      config,
      alarms,
      key,
      entry: 'lambdas/distribute/handler.ts',
      memory: MEMORY,
      timeout: TIMEOUT,
      environment: {
        ...closerEnvironment(props),
        WHARF_COMMIT_QUEUE_URL: props.commits.queue.queueUrl,
        WHARF_LIMITS: JSON.stringify(config.limits),
        WHARF_STAGING_DATABASE: database,
      },
    });
    const tables = [
      arn('glue', 'catalog'),
      arn('glue', 'database', database),
      arn('glue', 'table', `${database}/*`),
    ];
    this.#grantFunction(props, tables);

    const logs = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/vendedlogs/states/wharf-${config.stage}-large`,
      encryptionKey: key,
      retention: config.retention.logs as RetentionDays,
      removalPolicy: removalPolicy(config),
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    this.machine = new StateMachine(this, 'Machine', {
      definitionBody: DefinitionBody.fromString(
        stack.toJsonString(
          distributionSteps({ distribute: this.distribute.function.functionArn, workgroup }),
        ),
      ),
      role,
      tracingEnabled: true,
      // Statements name columns, never values; the steps' data stays out of the log all the same.
      logs: { destination: logs, level: LogLevel.ERROR, includeExecutionData: false },
    });
    accept(this.machine, 'SF1', 'What went through is in the ledger; the log is for what failed');
    acceptWildcards(role, { resources: ['*'] }, 'X-Ray and the delivery of logs have no resources to name');
    const allow = (actions: string[], resources: string[], because?: string): void => {
      role.addToPolicy(new PolicyStatement({ actions, resources }));
      if (because) acceptWildcards(role, { resources }, because);
    };
    if (key) allow([...KEY_USE], [key.keyArn]);
    allow(['lambda:InvokeFunction'], [this.distribute.function.functionArn]);
    const queries = ['StartQueryExecution', 'GetQueryExecution', 'StopQueryExecution', 'GetQueryResults'];
    allow(
      queries.map((action) => `athena:${action}`),
      [arn('athena', 'workgroup', workgroup)],
    );
    allow(['athena:GetDataCatalog'], [arn('athena', 'datacatalog', 'AwsDataCatalog')]);
    // It looks at this one whatever it is asked.
    allow(['glue:GetDatabase'], [arn('glue', 'database', 'default')]);
    // Athena acts with the rights of who asks it.
    allow(['glue:GetDatabase', 'glue:GetTable', 'glue:GetPartitions', 'glue:UpdateTable'], tables, OF_A_RUN);
    allow(
      ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      [...storage.lakeObjects('staging'), storage.results.arnForObjects('large/*')],
      OF_A_RUN,
    );
    // Athena clears up behind an insertion that failed.
    allow(['s3:DeleteObject'], storage.lakeObjects('staging'), OF_A_RUN);
    allow(
      ['s3:ListBucket', 's3:GetBucketLocation', 's3:ListBucketMultipartUploads'],
      [storage.lake.bucketArn, storage.results.bucketArn],
    );
    alarms.watch('LargeFilesFailed', {
      metric: this.machine.metricFailed({ period: Duration.minutes(5) }),
      above: 0,
      describe:
        'LargeFiles: one did not get through. The ledger has the reason; start the machine with the delivery again.',
    });
    alarms.watch('LargeFilesTimedOut', {
      metric: this.machine.metricTimedOut({ period: Duration.minutes(5) }),
      above: 0,
      describe: 'LargeFiles: one took too long. Split it, or start the machine with the delivery again.',
    });
  }

  #grantFunction({ storage, ledger, analytics, commits }: LargeFilesProps, staging: readonly string[]): void {
    const { distribute } = this;
    allowLanded(distribute, storage);
    allowFiles(distribute, { storage, analytics }, 'staging');
    distribute.allow(['glue:GetTable', 'glue:CreateTable', 'glue:DeleteTable'], staging, OF_A_RUN);
    distribute.allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [ledger.table.tableArn]);
    distribute.allow(['sqs:SendMessage'], [commits.queue.queueArn]);
  }
}
