import { randomUUID } from 'node:crypto';
import type { Context, SQSRecord } from 'aws-lambda';
import type { SqsMessage, SqsQueue } from '../services/fauxqs.ts';
import type { LambdaFunction } from '../topology/model.ts';
import { account, region } from '../topology/names.ts';

/** A message as Lambda hands it to a function. */
export function toRecord(queue: SqsQueue, receiptHandle: string, message: SqsMessage): SQSRecord {
  return {
    messageId: message.messageId,
    receiptHandle,
    body: message.body,
    md5OfBody: message.md5OfBody,
    attributes: {
      ApproximateReceiveCount: String(message.approximateReceiveCount),
      ApproximateFirstReceiveTimestamp: String(message.approximateFirstReceiveTimestamp),
      SentTimestamp: String(message.sentTimestamp),
      SenderId: account,
      ...(message.messageGroupId && { MessageGroupId: message.messageGroupId }),
      ...(message.messageDeduplicationId && { MessageDeduplicationId: message.messageDeduplicationId }),
      ...(message.sequenceNumber && { SequenceNumber: message.sequenceNumber }),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.messageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue },
      ]),
    ),
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: region,
  };
}

const unused = () => {};

/** The context of one invocation. Time runs out only on paper: nothing stops a function here that takes longer. */
export function toContext({ name, timeoutMs, memoryMb }: LambdaFunction): Context {
  const deadline = performance.now() + timeoutMs;
  return {
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:${account}:function:${name}`,
    memoryLimitInMB: String(memoryMb),
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
    done: unused,
    fail: unused,
    succeed: unused,
  };
}
