/** S3 tells a queue what landed. */
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type Bucket, BucketNotificationDestinationType, EventType } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import { accept } from './accepted.ts';

/**
 * Has S3 send a message for every object created under a prefix. CDK's own destination would tie the key of an
 * encrypted queue to the bucket, which is tied to the key: here the queue's policy alone names the bucket.
 */
export function notifyOfObjects(bucket: Bucket, queue: Queue, prefix: string): void {
  const stack = Stack.of(bucket);
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ArnEquals: { 'aws:SourceArn': bucket.bucketArn },
        StringEquals: { 'aws:SourceAccount': stack.account },
      },
    }),
  );
  const destination = {
    arn: queue.queueArn,
    type: BucketNotificationDestinationType.QUEUE,
    // S3 sends a test event at once, and wants to be let in.
    dependencies: [queue],
  };
  bucket.addEventNotification(EventType.OBJECT_CREATED, { bind: () => destination }, { prefix });
  accept(
    stack.node.children.find(({ node }) => node.id.startsWith('BucketNotificationsHandler'))!,
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    'CDK runs this function when the stack is deployed, and only then; the policy lets it write its log',
  );
}
