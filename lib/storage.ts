/** The zones as buckets. */
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectOwnership,
  PartitionDateSource,
  TargetObjectKeyFormat,
} from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { REPLAYS } from '../core/delivery/key.ts';
import { acceptWildcards } from './accepted.ts';
import type { WharfConfig } from './config.ts';
import { keepsData, removalPolicy } from './removal.ts';

export interface StorageProps {
  readonly config: WharfConfig;
  /** Of the account. @default AWS's */
  readonly key?: IKey;
}

/** What a key of the landing zone starts with. */
export const LANDING_PREFIX = 'landing/';

/** What a key of the lake starts with that brings refused rows again. */
export const REPLAYS_PREFIX = `${REPLAYS}/`;

/** Longer than any run over a large file takes. */
const STAGING = Duration.days(3);

/** What the lake bucket holds, by who writes it. */
const lakeKeys = {
  /** Parquet, by `ingest-file`. */
  data: ['lake/*/data/*', 'quarantine/*/data/*'],
  /** The part of it that is refused rows. */
  quarantined: ['quarantine/*/data/*'],
  /** Iceberg's documents, by `commit`. */
  metadata: ['lake/*/metadata/*', 'quarantine/*/metadata/*'],
  /** Manifests of deliveries, by `ingest-file`. */
  deliveries: ['deliveries/*'],
  /** Refused rows that are taken up again, by `replay`. */
  replays: [`${REPLAYS_PREFIX}*`],
  /** What only one run over a large file needs, by `distribute` and Athena. */
  staging: ['staging/*'],
  /** Companion metadata of deliveries, by `commit`. */
  companions: ['deliveries/*.metadata.json'],
} as const;

export type LakeZone = keyof typeof lakeKeys;

/**
 * `landing`: what arrived, never changed. `lake`: tables, quarantine tables and delivery manifests, each under a prefix
 * of its own. `results`: what Athena answered. `accessLogs`: who asked the others for what. All versioned, encrypted, TLS only, closed to the public.
 */
export class Storage extends Construct {
  readonly landing: Bucket;
  readonly lake: Bucket;
  readonly results: Bucket;

  constructor(scope: Construct, id: string, { config, key }: StorageProps) {
    super(scope, id);
    // Logs are delivered by bucket policy, not by an access control list: such lists are off in these buckets.
    this.node.setContext('@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy', true);
    const { retention } = config;
    const closed: BucketProps = {
      versioned: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: removalPolicy(config),
    };
    const tidy = {
      abortIncompleteMultipartUploadAfter: Duration.days(3),
      noncurrentVersionExpiration: Duration.days(retention.noncurrent),
    };
    // S3 delivers access logs only to a bucket that is encrypted with its own keys.
    const accessLogs = new Bucket(this, 'AccessLogs', {
      ...closed,
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ ...tidy, expiration: Duration.days(retention.accessLogs) }],
    });
    acceptWildcards(
      accessLogs,
      { resources: ['landing/*', 'lake/*', 'results/*'].map((keys) => accessLogs.arnForObjects(keys)) },
      'S3 names the log files; it may write only the logs of that bucket of this account',
    );
    const common = (prefix: string): BucketProps => ({
      ...closed,
      encryption: key ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
      encryptionKey: key,
      // One key for many objects, so that KMS is asked, and paid, for a few.
      bucketKeyEnabled: key && true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: prefix,
      targetObjectKeyFormat: TargetObjectKeyFormat.partitionedPrefix(PartitionDateSource.EVENT_TIME),
    });
    this.landing = new Bucket(this, 'Landing', {
      ...common('landing/'),
      lifecycleRules: [{ ...tidy, expiration: Duration.days(retention.landing) }],
    });
    this.lake = new Bucket(this, 'Lake', {
      ...common('lake/'),
      // What a run that crashed left behind.
      lifecycleRules: [tidy, { prefix: 'staging/', expiration: STAGING }],
    });
    this.results = new Bucket(this, 'Results', {
      ...common('results/'),
      lifecycleRules: [{ ...tidy, expiration: Duration.days(retention.queryResults) }],
    });
    if (keepsData(config)) this.#seal(this.landing);
  }

  /** ARNs of the lake's objects of some kinds. */
  lakeObjects(...kinds: readonly LakeZone[]): string[] {
    return kinds.flatMap((kind) => lakeKeys[kind].map((keys) => this.lake.arnForObjects(keys)));
  }

  /** Overwriting and deleting leave a version behind; this keeps everybody from erasing it before the lifecycle does. */
  #seal(bucket: Bucket): void {
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NobodyErasesVersions',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:DeleteObjectVersion'],
        resources: [bucket.arnForObjects('*')],
      }),
    );
  }
}
