import {
  CreateTableCommand,
  EntityNotFoundException,
  GlueClient,
  type TableInput,
} from '@aws-sdk/client-glue';
import { describe, expect, it } from '@jest/globals';
import { month } from '../../../core/contract/partition.ts';
import { newSchema } from '../../../core/lake/schema.ts';
import { emptyTable } from '../../../core/lake/staged.ts';
import { transactions } from '../../../datasets/retailos/transactions.ts';
import { GlueWarehouse } from '../../../platform/distribute/glue.ts';

interface Asked {
  readonly Name?: string;
  readonly TableInput?: TableInput;
}

/** A Glue with nothing in it, and what it was asked. */
function emptyGlue() {
  const asked: Asked[] = [];
  const glue = new GlueClient({ region: 'us-east-1' });
  glue.middlewareStack.add(
    (_, { commandName }) =>
      ({ input }) => {
        asked.push(input as Asked);
        if (commandName !== CreateTableCommand.name)
          throw new EntityNotFoundException({ message: 'no such table', $metadata: {} });
        return Promise.resolve({ response: {}, output: { $metadata: {} } as never });
      },
    { step: 'initialize' },
  );
  return { glue, asked };
}

const location = 's3://lake/staging/d_1/data';
const metadata = emptyTable({
  ...{ schema: newSchema(transactions), partitionBy: [month('timestamp')], location, now: 0 },
  uuid: '00000000-0000-4000-a000-000000000000',
});
const table = { path: `${location}/metadata/0.json`, metadata };

describe('the tables of a run in Glue', () => {
  it('are the object as lines, its lines numbered, and an empty table for each kind of row', async () => {
    const { glue, asked } = emptyGlue();
    const warehouse = new GlueWarehouse(glue, 'staging');
    const names = await warehouse.create('d_1', 's3://lake/staging/d_1', { data: table, quarantine: table });
    expect(names).toEqual({
      object: '"staging"."d_1_object"',
      rows: '"staging"."d_1_rows"',
      data: '"staging"."d_1_data"',
      quarantine: '"staging"."d_1_quarantine"',
    });
    const made = asked.map(({ TableInput }) => TableInput!);
    expect(made.map(({ StorageDescriptor }) => StorageDescriptor!.Location)).toEqual([
      's3://lake/staging/d_1/object/',
      's3://lake/staging/d_1/rows/',
      location,
      location,
    ]);
    expect(made[2]!.Parameters).toMatchObject({ table_type: 'ICEBERG', metadata_location: table.path });
    const { Parameters } = made[0]!.StorageDescriptor!.SerdeInfo!;
    const hostile = 'a\u0001b\\N\u2028"c';
    expect(new RegExp(`^(?:${Parameters!['input.regex']})$`).exec(hostile)?.[1]).toBe(hostile);
  });

  it('are forgotten, also where a run had made only some of them', async () => {
    const { glue, asked } = emptyGlue();
    await new GlueWarehouse(glue, 'staging').drop('d_1');
    expect(asked.map(({ Name }) => Name)).toEqual(['d_1_object', 'd_1_rows', 'd_1_data', 'd_1_quarantine']);
  });
});
