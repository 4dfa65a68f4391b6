/** The ledger: the table of deliveries. */
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { WharfConfig } from './config.ts';
import type { WharfFunction } from './function.ts';
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

  /** Allows actions on items of some kinds, and of no others. */
  allowItems(to: WharfFunction, verbs: readonly string[], kinds: readonly string[], index = ''): void {
    to.function.addToRolePolicy(
      new PolicyStatement({
        actions: verbs.map((verb) => `dynamodb:${verb}`),
        resources: [this.table.tableArn + index],
        conditions: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map((kind) => `${kind}#*`) },
        },
      }),
    );
  }
}
