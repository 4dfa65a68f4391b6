import { expect, it } from '@jest/globals';
import { synthesize } from './support.ts';

it('tells what its parts are called', () => {
  const stack = synthesize();
  const bucket = (part: string) => stack.one('AWS::S3::Bucket', part).name;
  const queue = (part: string) => stack.one('AWS::SQS::Queue', part).name;
  expect(
    Object.fromEntries(Object.keys(stack.template.Outputs ?? {}).map((name) => [name, stack.output(name)])),
  ).toEqual({
    LandingBucketName: bucket('Landing'),
    LakeBucketName: bucket('Lake'),
    ResultsBucketName: bucket('Results'),
    LedgerTableName: stack.one('AWS::DynamoDB::Table', 'Ledger').name,
    LandedQueueUrl: queue('LandedQueue'),
    EventQueueUrl: expect.stringMatching(/^EventPipelineEventsQueue/),
    OrderedQueueUrl: queue('OrderedQueue'),
    CommitQueueUrl: queue('CommitsQueue'),
    JobQueueUrl: queue('JobsQueue'),
    ApiUrl: stack.one('AWS::ApiGatewayV2::Api', 'ApiHttp').name,
    LiveUrl: `wss://${stack.one('AWS::ApiGatewayV2::Api', 'LiveWebSocket').name}.execute-api.us-east-1.amazonaws.com/live`,
    AthenaWorkgroup: 'wharf-dev',
  });
});

it('keeps the names of what holds data from one version to the next, so that an update replaces nothing', () => {
  const { Resources } = synthesize().template;
  const holding = ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::DynamoDB::Table'];
  const ids = Object.keys(Resources).filter((id) => holding.includes(Resources[id]!.Type));
  expect(ids).toEqual([
    'StorageAccessLogs96FB524C',
    'StorageLandingB13DAC19',
    'StorageLake72898626',
    'StorageResultsB2A4FB2E',
    'LedgerTable9343E4AA',
    'FilesLandedDeadLetters39C0356E',
    'FilesLandedQueue48E70C1D',
    'FilesCommitsDeadLetters7B6DF6DF',
    'FilesCommitsQueue50ABB979',
    'EventPipelineEventsDeadLetters086423E9',
    'EventPipelineEventsQueueCDBF8F7C',
    'EventPipelineOrderedDeadLetters8DB01F68',
    'EventPipelineOrderedQueueC46DBDDD',
    ...[
      'LiveAcceptedDeadLetters',
      'LiveAcceptedQueue',
      'LiveTicksDeadLetters',
      'LiveTicksQueue',
      'LiveTable',
    ].map((name) => expect.stringMatching(new RegExp(`^${name}[0-9A-F]{8}$`))),
    'ClockJobsDeadLettersC37ECD94',
    'ClockJobsQueue60D20816',
  ]);
});
