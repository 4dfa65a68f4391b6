/** SDK clients from an environment. Endpoints are set on one machine and on emulators; in AWS nothing is. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Clients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBDocumentClient;
  readonly glue: GlueClient;
  readonly sfn: SFNClient;
  readonly lambda: LambdaClient;
}

export function awsClients(env: Env): Clients {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const { AWS_SESSION_TOKEN: sessionToken } = env;
  const endpoint = (service: string) => env[`AWS_ENDPOINT_URL_${service}`] ?? env.AWS_ENDPOINT_URL;
  // Only local clouds name their credentials in the environment handed over; AWS's own chain serves elsewhere.
  const local = endpoint('S3') !== undefined && accessKeyId && secretAccessKey;
  const common = {
    region,
    maxAttempts: 4,
    ...(local ? { credentials: { accessKeyId, secretAccessKey, sessionToken } } : {}),
  };
  return {
    s3: new S3Client({
      ...common,
      endpoint: endpoint('S3'),
      forcePathStyle: endpoint('S3') !== undefined,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    sqs: new SQSClient({ ...common, endpoint: endpoint('SQS') }),
    dynamodb: DynamoDBDocumentClient.from(new DynamoDBClient({ ...common, endpoint: endpoint('DYNAMODB') }), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    glue: new GlueClient({ ...common, endpoint: endpoint('GLUE') }),
    sfn: new SFNClient({ ...common, endpoint: endpoint('SFN') }),
    // A call that got no answer may have been made.
    lambda: new LambdaClient({ ...common, maxAttempts: 1, endpoint: endpoint('LAMBDA') }),
  };
}
