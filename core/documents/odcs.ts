/** The contract in the Open Data Contract Standard, version 3.0. */
import { stringify } from 'yaml';
import type { Bound, Contract, Field, Type } from '../contract/model.ts';
import { toSql } from '../contract/rules.ts';
import { type IcebergField, type IcebergType, newSchema } from '../lake/schema.ts';
import { glueType } from './glue.ts';

type Entry = Record<string, unknown>;
type Of<K extends Type['is']> = Extract<Type, { is: K }>;

const defined = (entry: Entry): Entry =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));

const numbers = ({ min, max }: { min?: Bound; max?: Bound }): Entry => ({
  minimum: min && Number(min.value),
  exclusiveMinimum: min?.exclusive || undefined,
  maximum: max && Number(max.value),
  exclusiveMaximum: max?.exclusive || undefined,
});
const moments = ({ min, max }: { min?: Bound; max?: Bound }): Entry => ({
  minimum: min?.value,
  maximum: max?.value,
});
/** The standard has room for one pattern; look-aheads make one of many. */
const texts = ({ minLength, maxLength, patterns }: Of<'text'> | Of<'id'>): Entry => ({
  minLength,
  maxLength,
  pattern: patterns.length > 1 ? `^${patterns.map((p) => `(?=[^]*?(?:${p}))`).join('')}` : patterns[0],
});

/** One row a kind: its logical type, and the options the standard allows for it. */
const logical: { readonly [K in Type['is']]: readonly [name: string, options: (type: Of<K>) => Entry] } = {
  text: ['string', texts],
  id: ['string', texts],
  enum: ['string', () => ({})],
  int: ['integer', numbers],
  decimal: ['number', numbers],
  float: ['number', numbers],
  boolean: ['boolean', () => ({})],
  date: ['date', moments],
  instant: ['date', moments],
  list: ['array', ({ minLength, maxLength }) => ({ minItems: minLength, maxItems: maxLength })],
  object: ['object', () => ({})],
};

/** `column` is the same type as the table has it. */
function typed(type: Type, column: IcebergType): Entry {
  const [logicalType, optionsOf] = logical[type.is] as readonly [string, (type: Type) => Entry];
  const options = defined(optionsOf(type));
  return defined({
    logicalType,
    logicalTypeOptions: Object.keys(options).length ? options : undefined,
    physicalType: glueType(column),
    items: type.is === 'list' ? typed(type.items, (column as { element: IcebergType }).element) : undefined,
    properties:
      type.is === 'object'
        ? namedAll(type.fields, (column as { fields: readonly IcebergField[] }).fields)
        : undefined,
    quality:
      type.is === 'enum'
        ? [{ type: 'library', rule: 'validValues', validValues: [...type.values] }]
        : undefined,
  });
}

const namedAll = (fields: readonly Field[], columns: readonly IcebergField[]): Entry[] =>
  fields.map((field, i) => named(field, columns[i]!.type));

const named = ({ name, describe, required, type, examples, pii }: Field, column: IcebergType): Entry =>
  defined({
    name,
    description: describe,
    ...typed(type, column),
    required,
    classification: pii && (pii === 'direct' ? 'restricted' : 'confidential'),
    examples: examples && [...examples],
  });

/** A top-level field: also its part in the key, the partitions and the references. */
function column({ key, partitionBy, references }: Contract, field: Field, type: IcebergType): Entry {
  const keyPosition = key.indexOf(field.name) + 1;
  const partitionPosition = partitionBy.findIndex((p) => p.field === field.name) + 1;
  const custom = [
    { property: 'references', value: references[field.name] },
    { property: 'aliases', value: field.aliases.length ? [...field.aliases] : undefined },
    { property: 'default', value: field.default },
  ].filter(({ value }) => value !== undefined);
  return defined({
    ...named(field, type),
    ...(keyPosition ? { primaryKey: true, primaryKeyPosition: keyPosition } : {}),
    ...(partitionPosition ? { partitioned: true, partitionKeyPosition: partitionPosition } : {}),
    customProperties: custom.length ? custom : undefined,
  });
}

/** The document as YAML. `version` is the contract's own. */
export function odcs(contract: Contract, version = '1.0.0'): string {
  const { name, domain, dataset, describe, fields, rules, freshness } = contract;
  const columns = newSchema(contract).fields;
  const quality = rules.map((rule) => ({
    type: 'sql',
    name: rule.name,
    description: rule.describe,
    query: `SELECT count(*) FROM ${name} WHERE NOT ${toSql(rule.test)}`,
    mustBe: 0,
  }));
  return stringify(
    defined({
      apiVersion: 'v3.0.2',
      kind: 'DataContract',
      id: `urn:wharf:${name}`,
      name,
      version,
      status: 'active',
      domain,
      description: { purpose: describe },
      schema: [
        defined({
          name: dataset,
          physicalName: name,
          logicalType: 'object',
          physicalType: 'table',
          description: describe,
          properties: fields.map((field, i) => column(contract, field, columns[i]!.type)),
          quality: quality.length ? quality : undefined,
        }),
      ],
      slaProperties: freshness && [{ property: 'frequency', value: freshness / 3_600_000, unit: 'h' }],
    }),
  );
}
