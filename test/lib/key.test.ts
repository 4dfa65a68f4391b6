import { describe, expect, it } from '@jest/globals';
import { KEY_USE } from '../../lib/key.ts';
import { may, statements } from './iam.ts';
import { COMMIT, INGEST, synthesize } from './support.ts';

const KEY = 'AWS::KMS::Key';
const stack = synthesize({ wharf: { customerKey: true } });
const key = `arn:${KEY}:${stack.one(KEY).name}`;

const properties = (type: string) => stack.all(type).map((found) => found.properties);

describe('a key of one’s own', () => {
  it('is made only for those who want one: it costs, and the keys of AWS do not', () => {
    expect(() => synthesize().all(KEY)).toThrow('has no AWS::KMS::Key');
  });

  it('is turned over every year, and outlives the stack in production', () => {
    expect(stack.one(KEY).properties).toMatchObject({ EnableKeyRotation: true });
    const prod = synthesize({ stage: 'prod', wharf: { customerKey: true } });
    expect([stack.one(KEY).deletion, prod.one(KEY).deletion]).toEqual(['Delete', 'Retain']);
  });

  it('encrypts every bucket, but the access logs, which S3 writes only under its own', () => {
    const encryption = stack
      .all<{ BucketEncryption: object }>('AWS::S3::Bucket')
      .map(({ id, properties }) => ({
        id: /Storage([A-Za-z]+?)[0-9A-F]{8}$/.exec(id)?.[1],
        rules: properties.BucketEncryption,
      }));
    const own = {
      BucketKeyEnabled: true,
      ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
    };
    const theirs = { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } };
    const rules = (rule: object) => ({ ServerSideEncryptionConfiguration: [rule] });
    expect(encryption).toEqual([
      { id: 'AccessLogs', rules: rules(theirs) },
      { id: 'Landing', rules: rules(own) },
      { id: 'Lake', rules: rules(own) },
      { id: 'Results', rules: rules(own) },
    ]);
  });

  it('encrypts every queue, the ledger, every log and what Athena answers', () => {
    for (const queue of properties('AWS::SQS::Queue')) expect(queue).toMatchObject({ KmsMasterKeyId: key });
    for (const group of properties('AWS::Logs::LogGroup')) expect(group).toMatchObject({ KmsKeyId: key });
    for (const table of properties('AWS::DynamoDB::Table'))
      expect(table).toMatchObject({
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key },
      });
    for (const group of properties('AWS::Athena::WorkGroup'))
      expect(group).toMatchObject({
        WorkGroupConfiguration: {
          ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: key } },
        },
      });
  });

  it.each([INGEST, COMMIT])('can be used by %s, and not managed', (entry) => {
    expect(KEY_USE.filter((action) => may(stack, entry, action, key))).toEqual(KEY_USE);
    const managing = ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:CreateGrant', 'kms:DisableKey'];
    expect(managing.filter((action) => may(stack, entry, action, key))).toEqual([]);
  });

  it('can be used by S3, to say what landed, and by the logs of this account', () => {
    const { KeyPolicy } = stack.one<{ KeyPolicy: { Statement: readonly object[] } }>(KEY).properties;
    expect(KeyPolicy.Statement).toEqual([
      expect.objectContaining({ Principal: { AWS: 'arn:aws:iam::000000000000:root' } }),
      expect.objectContaining({
        Principal: { Service: 's3.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      }),
      expect.objectContaining({
        Principal: { Service: 'logs.us-east-1.amazonaws.com' },
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:us-east-1:000000000000:log-group:*',
          },
        },
      }),
    ]);
  });

  it('is in no policy of a function where there is none', () => {
    const actions = statements(synthesize(), 'AWS::IAM::Policy').flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.startsWith('kms:'))).toEqual([]);
  });
});
