/** The ledger: the table of deliveries. */
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { WharfConfig } from './config.ts';
import { keepsData, removalPolicy } from './removal.ts';

export interface LedgerProps {
  readonly config: WharfConfig;
  /** Of the account. @default AWS's */
  readonly key?: IKey;
}

export class LedgerTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, { config, key }: LedgerProps) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: key ? TableEncryption.CUSTOMER_MANAGED : TableEncryption.AWS_MANAGED,
      encryptionKey: key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Of what is remembered for a while only, such as which delivery has an event.
      timeToLiveAttribute: 'expires',
      deletionProtection: keepsData(config),
      removalPolicy: removalPolicy(config),
    });
    this.table.addGlobalSecondaryIndex({
      indexName: 'by_dataset',
      partitionKey: { name: 'dataset', type: AttributeType.STRING },
      sortKey: { name: 'landed_at', type: AttributeType.STRING },
    });
  }
}
