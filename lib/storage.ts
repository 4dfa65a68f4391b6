/** The zones as buckets. */
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { WharfConfig } from './config.ts';
import { keepsData, removalPolicy } from './removal.ts';

export interface StorageProps {
  readonly config: WharfConfig;
}

/** What a key of the landing zone starts with; the only prefix that is watched. */
export const LANDING_PREFIX = 'landing/';

/** What the lake bucket holds, by who writes it. */
const lakeKeys = {
  /** Parquet, by `ingest-file`. */
  data: ['lake/*/data/*', 'quarantine/*/data/*'],
  /** Iceberg's documents, by `commit`. */
  metadata: ['lake/*/metadata/*', 'quarantine/*/metadata/*'],
  /** Manifests of deliveries, by `ingest-file`. */
  deliveries: ['deliveries/*'],
  /** Companion metadata of deliveries, by `commit`. */
  companions: ['deliveries/*.metadata.json'],
} as const;

/**
 * `landing`: what arrived, never changed. `lake`: tables, quarantine tables and delivery manifests, each under a prefix
 * of its own. `results`: what Athena answered. All versioned, encrypted, TLS only, closed to the public.
 */
export class Storage extends Construct {
  readonly landing: Bucket;
  readonly lake: Bucket;
  readonly results: Bucket;

  constructor(scope: Construct, id: string, { config }: StorageProps) {
    super(scope, id);
    const { retention } = config;
    const common: BucketProps = {
      versioned: true,
      encryption: BucketEncryption.S3_MANAGED,
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
    this.landing = new Bucket(this, 'Landing', {
      ...common,
      lifecycleRules: [{ ...tidy, expiration: Duration.days(retention.landing) }],
    });
    this.lake = new Bucket(this, 'Lake', { ...common, lifecycleRules: [tidy] });
    this.results = new Bucket(this, 'Results', {
      ...common,
      lifecycleRules: [{ ...tidy, expiration: Duration.days(retention.queryResults) }],
    });
    if (keepsData(config)) this.#seal(this.landing);
  }

  /** ARNs of the lake's objects of some kinds. */
  lakeObjects(...kinds: readonly (keyof typeof lakeKeys)[]): string[] {
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
