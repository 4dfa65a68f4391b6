/** The catalog in the ledger's table: one item a table, swapped under a condition. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Catalog } from '../../core/lake/model.ts';
import { refused } from './refused.ts';

/** All tables stand under one partition key, so that listing them is one query. */
const PK = 'catalog';

export class DynamoCatalog implements Catalog {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor({ client, tableName }: { client: DynamoDBDocumentClient; tableName: string }) {
    this.#client = client;
    this.#table = tableName;
  }

  async current(table: string): Promise<string | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({ TableName: this.#table, Key: { pk: PK, sk: table }, ConsistentRead: true }),
    );
    return Item?.metadata_location as string | undefined;
  }

  async swap(table: string, expected: string | undefined, next: string): Promise<void> {
    try {
      await this.#client.send(
        new PutCommand({
          TableName: this.#table,
          Item: { pk: PK, sk: table, metadata_location: next, previous_metadata_location: expected },
          ConditionExpression:
            expected === undefined ? 'attribute_not_exists(pk)' : 'metadata_location = :expected',
          ...(expected === undefined ? {} : { ExpressionAttributeValues: { ':expected': expected } }),
        }),
      );
    } catch (cause) {
      if (!(cause instanceof ConditionalCheckFailedException)) throw cause;
      await refused(this, table, next, cause);
    }
  }

  async list(): Promise<readonly string[]> {
    const tables: string[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': PK },
          ExclusiveStartKey,
        }),
      );
      tables.push(...(page.Items ?? []).map(({ sk }) => String(sk)));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return tables.sort();
  }
}
