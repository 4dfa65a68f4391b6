import { DynamoCatalog } from '../../../platform/catalog/dynamodb.ts';
import { ledgerTable, startLedgerTable } from '../../support/ledger-table.ts';
import { catalogSuite } from './suite.ts';

catalogSuite('DynamoDB', async () => ({
  ...(await startLedgerTable()),
  open: ({ dynamodb: client }) => new DynamoCatalog({ client, tableName: ledgerTable.TableName }),
}));
