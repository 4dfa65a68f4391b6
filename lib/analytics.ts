/** Where people query: an Athena workgroup that keeps to its limits, a Glue database a domain, a view of refused rows a dataset. */
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { refusedViewEntry } from '../core/documents/refused-view.ts';
import { datasets } from '../datasets/index.ts';
import type { WharfConfig } from './config.ts';
import { keepsData, removalPolicy } from './removal.ts';
import type { Storage } from './storage.ts';

export interface AnalyticsProps {
  readonly config: WharfConfig;
  readonly storage: Storage;
  /** Of the account, for results. @default AWS's */
  readonly key?: IKey;
  /** One database each. */
  readonly domains: readonly string[];
}

export class Analytics extends Construct {
  readonly workgroup: CfnWorkGroup;
  /** What a database's name has after its domain's. Production has none: its names are what people type. */
  readonly suffix: string;
  /** ARNs of the tables, and of what Glue asks about besides. */
  readonly tables: readonly string[];

  constructor(scope: Construct, id: string, { config, storage, key, domains }: AnalyticsProps) {
    super(scope, id);
    this.workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: `wharf-${config.stage}`,
      description: 'Queries over the tables of Wharf',
      recursiveDeleteOption: !keepsData(config),
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: config.athenaScanLimit,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${storage.results.bucketName}/athena/`,
          encryptionConfiguration: key
            ? { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn }
            : { encryptionOption: 'SSE_S3' },
        },
      },
    });
    this.suffix = keepsData(config) ? '' : `_${config.stage.replaceAll('-', '_')}`;
    const names = domains.map((domain) => domain + this.suffix);
    const arn = (resource: string, resourceName?: string) =>
      Stack.of(this).formatArn({ service: 'glue', resource, resourceName });
    this.tables = [
      arn('catalog'),
      ...names.flatMap((name) => [arn('database', name), arn('table', `${name}/*`)]),
    ];
    for (const [i, domain] of domains.entries()) {
      const database = new CfnDatabase(this, `Database-${domain}`, {
        catalogId: Stack.of(this).account,
        databaseInput: {
          name: names[i],
          description: `Tables of ${domain}, kept by Wharf`,
          locationUri: `s3://${storage.lake.bucketName}/lake/${domain}`,
        },
      });
      database.applyRemovalPolicy(removalPolicy(config));
      // What a view asks is there once a delivery of the dataset has been committed.
      for (const { dataset } of datasets.filter((one) => one.domain === domain))
        new CfnTable(this, `Refused-${domain}-${dataset}`, {
          catalogId: Stack.of(this).account,
          databaseName: names[i]!,
          tableInput: {
            ...refusedViewEntry(dataset, names[i]!),
            description: `Refused rows of ${domain}.${dataset}, and what has become of them`,
          },
        }).addResourceDependency(database);
    }
  }
}
