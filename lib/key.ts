/** The key of one's own, for those who must hold it. Without it AWS encrypts with its keys, which costs nothing. */
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { acceptWildcards } from './accepted.ts';
import type { WharfConfig } from './config.ts';
import { removalPolicy } from './removal.ts';

/** What a function needs of the key that encrypts its buckets, queues and tables. */
export const KEY_USE = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'] as const;

/** What CloudWatch Logs asks for, in its own words. */
const LOGS_USE = ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'];

/** The key where the configuration wants one: of buckets, queues, the ledger and logs; turned over every year. */
export function customerKey(scope: Construct, config: WharfConfig): Key | undefined {
  if (!config.customerKey) return undefined;
  const key = new Key(scope, 'Key', {
    description: `Wharf ${config.stage}: buckets, queues, ledger, logs`,
    enableKeyRotation: true,
    removalPolicy: removalPolicy(config),
  });
  const stack = Stack.of(scope);
  const trust = (service: string, actions: string[], conditions?: Record<string, Record<string, string>>) =>
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(service)],
        actions,
        resources: ['*'],
        conditions,
      }),
    );
  // S3 sends notifications to an encrypted queue; which bucket may, says the policy of the queue.
  trust('s3.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey']);
  const groups = stack.formatArn({ service: 'logs', resource: 'log-group:*' });
  trust(`logs.${stack.region}.amazonaws.com`, LOGS_USE, {
    ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups },
  });
  acceptWildcards(key, { resources: ['*'] }, 'In the policy of a key "*" is that key');
  acceptWildcards(key, { actions: ['kms:*'] }, 'The account must be able to manage its own key');
  acceptWildcards(
    key,
    { actions: LOGS_USE },
    'CloudWatch Logs documents these, bound to log groups of the account',
  );
  return key;
}
