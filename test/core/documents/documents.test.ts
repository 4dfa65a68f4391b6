import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { formats } from '../../../core/documents/formats.ts';
import { glueColumns } from '../../../core/documents/glue.ts';
import { jsonSchema } from '../../../core/documents/json-schema.ts';
import { dataset, datasets } from '../../../datasets/index.ts';

describe.each(datasets.map((c) => [c.name, c] as const))('documents of %s', (_, contract) => {
  it.each(Object.keys(formats))('renders as %s and names every field', (format) => {
    const text = formats[format as keyof typeof formats](contract);
    for (const { name } of contract.fields) expect(text).toContain(name);
  });
});

it('keeps limits, enums and requirements in JSON Schema', () => {
  expect(jsonSchema(dataset('recomart.users'))).toMatchObject({
    properties: { age: { type: 'integer', exclusiveMinimum: 0 }, gender: { enum: ['M', 'F'] } },
    required: ['user_id', 'age', 'gender', 'device'],
  });
});

it('names types as Athena does', () => {
  expect(glueColumns(dataset('onlineretail.invoice_lines'))).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ Name: 'unit_price', Type: 'decimal(18,4)' }),
      expect.objectContaining({ Name: 'quantity', Type: 'bigint' }),
      expect.objectContaining({ Name: 'invoice_date', Type: 'timestamp' }),
    ]),
  );
});

it('is a data contract with what the standard requires', () => {
  const document = parse(formats.odcs(dataset('retailos.transactions')));
  expect(document).toMatchObject({
    apiVersion: 'v3.0.2',
    kind: 'DataContract',
    id: 'urn:wharf:retailos.transactions',
    version: '1.0.0',
    status: 'active',
  });
  const properties = document.schema[0].properties as { name: string; primaryKey?: boolean }[];
  expect(properties.find((p) => p.name === 'transaction_id')).toMatchObject({
    primaryKey: true,
    required: true,
    logicalType: 'string',
  });
});
