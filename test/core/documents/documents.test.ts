import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { contract, minutes } from '../../../core/contract/contract.ts';
import { boolean, date, decimal, id, instant, int, list, text } from '../../../core/contract/fields.ts';
import type { Contract } from '../../../core/contract/model.ts';
import { month } from '../../../core/contract/partition.ts';
import { atMost, compare, rule, times } from '../../../core/contract/rules.ts';
import { formats } from '../../../core/documents/formats.ts';
import { glueColumns } from '../../../core/documents/glue.ts';
import { jsonSchema, openApiComponent } from '../../../core/documents/json-schema.ts';
import { possibleReasons } from '../../../core/documents/reasons.ts';
import type { IcebergSchema } from '../../../core/lake/schema.ts';
import { dataset, datasets } from '../../../datasets/index.ts';

/** Everything that documents treat in its own way. */
const orders = contract('test.orders', {
  describe: 'An order.',
  row: z.object({
    order_no: id({ pattern: /^(A|B)\d+$/ }).meta({ aliases: ['Order|No'], examples: ['A1'] }),
    quantity: int({ above: 0 }).default(1),
    price: decimal(5, 2, { min: 0, max: '99.50' }),
    paid: boolean().default(false),
    at: instant({ formats: ['iso', 'epoch_ms'] }).meta({ describe: 'When it was\nplaced.' }),
    due: date({ formats: ['eu'] }).optional(),
    email: text({ minLength: 3 }).optional().meta({ pii: 'direct' }),
    state: z.enum(['open', 'done']).optional(),
    lines: list(z.object({ sku: id(), qty: int({ min: 1 }).optional() }), { maxLength: 9 }).optional(),
  }),
  key: ['order_no'],
  partitionBy: month('at'),
  rules: [
    atMost('quantity', 'price'),
    rule('worth', 'Worth its price.', compare(times('quantity', 'price'), '>=', 'price')),
  ],
  freshness: minutes(90),
});

const properties = (c: Contract) => jsonSchema(c).properties as Record<string, Record<string, unknown>>;

describe.each(datasets.map((c) => [c.name, c] as const))('documents of %s', (_, c) => {
  it.each(Object.keys(formats))('renders as %s and names every field', (format) => {
    const document = formats[format as keyof typeof formats](c);
    for (const { name } of c.fields) expect(document).toContain(name);
  });
});

describe('JSON Schema', () => {
  it('keeps limits, enums and requirements', () => {
    expect(jsonSchema(dataset('recomart.users'))).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { age: { type: 'integer', exclusiveMinimum: 0 }, gender: { enum: ['M', 'F'] } },
      required: ['user_id', 'age', 'gender', 'device'],
    });
  });

  it('lets an optional field be null, and a required identifier not be empty', () => {
    expect(properties(orders)).toMatchObject({
      order_no: { type: ['string', 'integer'], minLength: 1 },
      state: { type: ['string', 'null'], enum: ['open', 'done', null] },
    });
  });

  it('gives defaults the type of their field', () => {
    const { quantity, paid } = properties(orders);
    expect([quantity?.default, paid?.default]).toEqual([1, false]);
  });

  it.each([
    ['2024-01-31T10:00:00', true],
    ['2024-01-31 10:00', true],
    ['1700000000000', true],
    ['31/01/2024', false],
  ])('says of the moment %s what the contract says', (moment, fits) => {
    expect(new RegExp(properties(orders).at?.pattern as string, 'u').test(moment)).toBe(fits);
  });

  it.each([
    ['99.50', true],
    ['0.125', false],
    ['1000', false],
  ])('says of the digits of %s what the contract says', (amount, fits) => {
    expect(new RegExp(properties(orders).price?.pattern as string, 'u').test(amount)).toBe(fits);
  });

  it('describes lists of objects', () => {
    expect(properties(orders).lines).toMatchObject({
      maxItems: 9,
      items: { type: 'object', required: ['sku'], properties: { qty: { minimum: 1 } } },
    });
  });

  it('is a component of OpenAPI under the name of the dataset', () => {
    const { components } = openApiComponent(orders) as { components: { schemas: Record<string, unknown> } };
    expect(Object.keys(components.schemas)).toEqual(['test.orders']);
    expect(components.schemas['test.orders']).not.toHaveProperty('$schema');
  });
});

it('names types as Athena does', () => {
  const columns = JSON.parse(formats.glue(orders)) as { Name: string; Type: string }[];
  const types = Object.fromEntries(columns.map(({ Name, Type }) => [Name, Type]));
  expect(types).toMatchObject({
    order_no: 'string',
    quantity: 'bigint',
    price: 'decimal(5,2)',
    at: 'timestamp',
    lines: 'array<struct<sku:string,qty:bigint>>',
    _row: 'bigint',
  });
});

it('gives Glue what it takes: comments of one line and 255 characters, types of other programs by its names', () => {
  const types = {
    a: 'uuid',
    b: 'fixed[16]',
    c: { type: 'map', key: 'string', value: 'time' },
    d: { type: 'list', 'element-id': 9, element: 'decimal(9, 2)', 'element-required': false },
  };
  const doc = `One\nline ${'x'.repeat(245)}\u{1F986}`;
  const fields = Object.entries(types).map(([name, type], i) => ({
    id: i,
    name,
    required: false,
    type,
    doc,
  }));
  const schema = { type: 'struct', 'schema-id': 0, fields } as unknown as IcebergSchema;
  const columns = glueColumns({ schemas: [schema], 'current-schema-id': 0 });
  expect(columns.map(({ Type }) => Type)).toEqual([
    'string',
    'binary',
    'map<string,string>',
    'array<decimal(9,2)>',
  ]);
  expect(columns[0]!.Comment).toMatch(/^One line x+\ufffd$/);
  expect(columns[0]!.Comment).toHaveLength(255);
});

describe('the Open Data Contract', () => {
  const document = parse(formats.odcs(orders));
  const [table] = document.schema;
  const property = (name: string) => table.properties.find((p: { name: string }) => p.name === name);

  it('has what the standard requires', () => {
    expect(document).toMatchObject({
      apiVersion: 'v3.0.2',
      kind: 'DataContract',
      id: 'urn:wharf:test.orders',
      version: '1.0.0',
      status: 'active',
    });
    expect(table).toMatchObject({ name: 'orders', logicalType: 'object', physicalName: 'test.orders' });
  });

  it('says which fields are key, partition, personal and required', () => {
    expect(property('order_no')).toMatchObject({ primaryKey: true, primaryKeyPosition: 1, required: true });
    expect(property('at')).toMatchObject({ partitioned: true, partitionKeyPosition: 1, logicalType: 'date' });
    expect(property('email')).toMatchObject({ classification: 'restricted', required: false });
  });

  it('keeps limits in the words of the standard', () => {
    expect(property('order_no').logicalTypeOptions).toEqual({ pattern: '^(A|B)\\d+$' });
    expect(property('quantity').logicalTypeOptions).toEqual({ minimum: 0, exclusiveMinimum: true });
    expect(property('price').logicalTypeOptions).toEqual({ minimum: 0, maximum: 99.5 });
    expect(property('lines')).toMatchObject({
      logicalType: 'array',
      logicalTypeOptions: { maxItems: 9 },
      items: {
        logicalType: 'object',
        properties: [{ name: 'sku' }, { name: 'qty', physicalType: 'bigint' }],
      },
    });
  });

  it('turns rules into queries that count the rows that break them', () => {
    expect(table.quality[0]).toMatchObject({
      type: 'sql',
      name: 'quantity_at_most_price',
      query: 'SELECT count(*) FROM test.orders WHERE NOT ("quantity" <= "price")',
      mustBe: 0,
    });
  });

  it('uses no property the standard does not know', () => {
    const known =
      'name description logicalType logicalTypeOptions physicalType required classification examples items properties quality primaryKey primaryKeyPosition partitioned partitionKeyPosition customProperties';
    const used = datasets
      .flatMap((c) => parse(formats.odcs(c)).schema[0].properties as object[])
      .flatMap((p) => Object.keys(p));
    expect([...new Set(used)].filter((name) => !known.split(' ').includes(name))).toEqual([]);
  });
});

describe('the page', () => {
  const page = formats.markdown(orders);

  it('keeps every field in one row of the table, whatever its texts hold', () => {
    const cells = (line: string) => line.split(/(?<!\\)\|/).length;
    const rows = page.split('\n').filter((line) => line.startsWith('| '));
    expect(rows).toHaveLength(orders.fields.length + 2);
    expect(new Set(rows.map(cells))).toEqual(new Set([8]));
  });

  it('says what is allowed, what stands in, and when the table is stale', () => {
    expect(page).toContain('| `quantity` | int | no, else `1` | > 0 |');
    expect(page).toContain('Stale when nothing arrived for 90 minutes');
    expect(page).toContain('- `worth`: Worth its price.');
  });

  it('says of posted events whether their order is kept', () => {
    const kept = '- Posted events are written in the order of posting';
    expect(page).not.toContain(kept);
    expect(formats.markdown({ ...orders, ordered: true })).toContain(kept);
  });
});

describe('the reasons a row can be refused for', () => {
  it('name fields, fields inside lists, and rules', () => {
    const reasons = Object.fromEntries(possibleReasons(orders).map((r) => [r.code, r.subjects]));
    expect(reasons).toMatchObject({
      not_in_enum: ['state'],
      pattern_mismatch: ['order_no'],
      missing_required_value: ['order_no', 'price', 'at', 'lines[]', 'lines[].sku'],
      missing_required_column: ['order_no', 'price', 'at'],
      rule_failed: ['quantity_at_most_price', 'worth'],
      duplicate_key: [],
    });
  });

  it('leave out what cannot happen', () => {
    const codes = possibleReasons(dataset('onlineretail.invoice_lines')).map(({ code }) => code);
    expect(codes).not.toContain('duplicate_key');
    expect(codes).not.toContain('rule_failed');
    expect(codes).not.toContain('not_in_enum');
  });
});
