import { expect, it } from '@jest/globals';
import { synthesize } from './support.ts';

const TABLE = 'AWS::DynamoDB::Table';

it('pays for what is used, encrypts, and can go back to any moment of the last weeks', () => {
  expect(synthesize().one(TABLE, 'Ledger').properties).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    SSESpecification: { SSEEnabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});

it('finds a delivery by its id, and the deliveries of a dataset by when they landed', () => {
  const keys = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ];
  expect(synthesize().one(TABLE, 'Ledger').properties).toMatchObject({
    KeySchema: keys('pk', 'sk'),
    AttributeDefinitions: ['pk', 'sk', 'dataset', 'landed_at'].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by_dataset',
        KeySchema: keys('dataset', 'landed_at'),
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
});

it('cannot be deleted by accident in production, and goes with its stack elsewhere', () => {
  const fate = (stage: string) => {
    const { deletion, properties } = synthesize({ stage }).one<{ DeletionProtectionEnabled: boolean }>(
      TABLE,
      'Ledger',
    );
    return [deletion, properties.DeletionProtectionEnabled];
  };
  expect(fate('prod')).toEqual(['Retain', true]);
  expect(fate('dev')).toEqual(['Delete', false]);
});
