import { describe, expect, it } from '@jest/globals';
import { statementsOn } from './iam.ts';
import { synthesize } from './support.ts';

interface Rule {
  readonly Status: string;
  readonly ExpirationInDays?: number;
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number };
}

interface Bucket {
  readonly LifecycleConfiguration: { readonly Rules: readonly Rule[] };
}

const BUCKET = 'AWS::S3::Bucket';
const stack = synthesize();
const policyOf = (name: string, of = stack) => statementsOn(of, 'AWS::S3::BucketPolicy', 'Bucket', name);
const rulesOf = (part: string, of = stack) =>
  of.one<Bucket>(BUCKET, part).properties.LifecycleConfiguration.Rules;

describe.each(stack.all(BUCKET))('the bucket $name', ({ name, properties }) => {
  it('keeps former versions, encrypts, and is closed to the public', () => {
    expect(properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
  });

  it.each([
    ['plain HTTP', { Bool: { 'aws:SecureTransport': 'false' } }],
    ['TLS before 1.2', { NumericLessThan: { 's3:TlsVersion': 1.2 } }],
  ])('answers nobody over %s', (_, Condition) => {
    expect(policyOf(name)).toContainEqual({
      Effect: 'Deny',
      Action: 's3:*',
      Principal: { AWS: '*' },
      Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
      Condition,
    });
  });
});

describe('who asked a bucket for what', () => {
  const log = stack.one(BUCKET, 'AccessLogs').name;

  it.each(['Landing', 'Lake', 'Results'])('is written down for %s, by day', (part) => {
    const { name, properties } = stack.one(BUCKET, part);
    const prefix = `${part.toLowerCase()}/`;
    expect(properties).toMatchObject({
      LoggingConfiguration: {
        DestinationBucketName: log,
        LogFilePrefix: prefix,
        TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'EventTime' } },
      },
    });
    expect(policyOf(log)).toContainEqual({
      Effect: 'Allow',
      Action: 's3:PutObject',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Resource: `arn:aws:s3:::${log}/${prefix}*`,
      Condition: {
        ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${name}` },
        StringEquals: { 'aws:SourceAccount': '000000000000' },
      },
    });
  });

  it('is forgotten after its retention', () => {
    const of = synthesize({ wharf: { retention: { accessLogs: 45 } } });
    expect(rulesOf('AccessLogs', of)).toMatchObject([{ ExpirationInDays: 45 }]);
  });
});

describe('what is kept, and for how long', () => {
  it('drops landed files and query results after their retention, of the lake only what runs left behind', () => {
    const of = synthesize({ wharf: { retention: { landing: 100, queryResults: 3 } } });
    const days = (part: string) => rulesOf(part, of).map(({ ExpirationInDays }) => ExpirationInDays);
    expect(days('Landing')).toEqual([100]);
    expect(days('Results')).toEqual([3]);
    expect(days('Lake')).toEqual([undefined, 3]);
    expect(rulesOf('Lake', of)[1]).toMatchObject({ Prefix: 'staging/' });
  });

  it.each(['Landing', 'Lake', 'Results'])('pays for no abandoned upload and no old version in %s', (part) => {
    expect(rulesOf(part)[0]).toMatchObject({
      Status: 'Enabled',
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
    });
    expect(rulesOf(part)[0]).not.toHaveProperty('Prefix');
  });

  it('keeps the buckets of production when the stack goes, and only those', () => {
    const deletions = (stage: string) =>
      new Set(
        synthesize({ stage })
          .all(BUCKET)
          .map(({ deletion }) => deletion),
      );
    expect(deletions('prod')).toEqual(new Set(['Retain']));
    expect(deletions('dev')).toEqual(new Set(['Delete']));
  });

  it('lets nobody erase what landed in production before its time', () => {
    const prod = synthesize({ stage: 'prod' });
    const { name } = prod.one(BUCKET, 'Landing');
    expect(policyOf(name, prod)).toContainEqual({
      Sid: 'NobodyErasesVersions',
      Effect: 'Deny',
      Action: 's3:DeleteObjectVersion',
      Principal: { AWS: '*' },
      Resource: `arn:aws:s3:::${name}/*`,
    });
  });
});
