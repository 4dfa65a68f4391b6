/**
 * What AWS asks for, in US dollars, in us-east-1, on demand, at the first tier. Free tiers are not counted. AWS's own
 * pages fill their numbers in by script, so each was looked up where it is quoted; `asOf` is the date of that. Where it
 * says `2025`, it is what was known in that year and not looked up again: check before you rely on it.
 */

export interface Price {
  readonly service: string;
  readonly unit: string;
  readonly dollars: number;
  /** Where AWS publishes it. */
  readonly page: string;
  readonly asOf: string;
}

const MILLION = 1e6;
const price = (service: string, unit: string, dollars: number, page: string, asOf: string): Price => ({
  ...{ service, unit, dollars, asOf },
  page: `https://aws.amazon.com/${page}/pricing/`,
});

export const prices = {
  lambdaRequest: price('Lambda', 'request', 0.2 / MILLION, 'lambda', '2025'),
  lambdaGbSecond: price('Lambda', 'GB-second, arm64', 0.0000133334, 'lambda', '2024'),
  lambdaDiskGbSecond: price('Lambda', 'GB-second of /tmp', 0.0000000309, 'lambda', '2025'),
  s3Write: price('S3', 'PUT or LIST', 0.005 / 1000, 's3', '2020-10'),
  s3Read: price('S3', 'GET or HEAD', 0.0004 / 1000, 's3', '2020-10'),
  s3GbMonth: price('S3', 'GB-month, Standard', 0.023, 's3', '2025'),
  sqsRequest: price('SQS', 'request', 0.4 / MILLION, 'sqs', '2026-03'),
  sqsFifoRequest: price('SQS', 'request, FIFO', 0.5 / MILLION, 'sqs', '2026-03'),
  dynamodbWrite: price('DynamoDB', 'write request unit', 0.625 / MILLION, 'dynamodb', '2025-07'),
  dynamodbRead: price('DynamoDB', 'read request unit', 0.125 / MILLION, 'dynamodb', '2025-07'),
  dynamodbGbMonth: price('DynamoDB', 'GB-month, with recovery', 0.25 + 0.2, 'dynamodb', '2025'),
  glueRequest: price('Glue', 'catalog request', 1 / MILLION, 'glue', '2020-10'),
  athenaTb: price('Athena', 'TB scanned', 5, 'athena', '2023-03'),
  logsGb: price('CloudWatch', 'GB of logs', 0.5, 'cloudwatch', '2026-06'),
  alarm: price('CloudWatch', 'alarm', 0.1, 'cloudwatch', '2026-02'),
  trace: price('X-Ray', 'trace', 5 / MILLION, 'xray', '2025'),
} as const satisfies Record<string, Price>;

export type Priced = keyof typeof prices;
