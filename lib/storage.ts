/** The zones as buckets. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { WharfConfig } from './config.ts';

export interface StorageProps {
  readonly config: WharfConfig;
}

/** What a key of the landing zone starts with; the only prefix that is watched. */
export const LANDING_PREFIX = 'landing/';

/** What the lake bucket holds, by prefix. */
export const LAKE_PREFIXES = ['lake/', 'quarantine/', 'deliveries/'] as const;

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
    const { retention, stage } = config;
    const common: BucketProps = {
      versioned: true,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
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
  }
}
