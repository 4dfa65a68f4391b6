/** The contract in the Open Data Contract Standard, version 3. */
import { stringify } from 'yaml';
import type { Contract, Field, Type } from '../contract/model.ts';
import { glueColumns } from './glue.ts';

const logical: Record<Type['is'], string> = {
  text: 'string',
  id: 'string',
  enum: 'string',
  int: 'integer',
  decimal: 'number',
  float: 'number',
  boolean: 'boolean',
  date: 'date',
  instant: 'date',
  list: 'array',
  object: 'object',
};

/** The document as YAML. `version` is the contract's own. */
export function odcs(contract: Contract, version = '1.0.0'): string {
  const physical = new Map(glueColumns(contract).map(({ Name, Type }) => [Name, Type]));
  const partition = (field: Field) => contract.partitionBy.findIndex((p) => p.field === field.name);
  const property = (field: Field) => ({
    name: field.name,
    ...(field.describe ? { description: field.describe } : {}),
    logicalType: logical[field.type.is],
    physicalType: physical.get(field.name),
    required: field.required,
    ...(contract.key.includes(field.name)
      ? { primaryKey: true, primaryKeyPosition: contract.key.indexOf(field.name) + 1 }
      : {}),
    ...(partition(field) >= 0 ? { partitioned: true, partitionKeyPosition: partition(field) + 1 } : {}),
    ...(field.pii ? { classification: field.pii === 'direct' ? 'restricted' : 'confidential' } : {}),
    ...(field.examples ? { examples: [...field.examples] } : {}),
    ...(field.type.is === 'enum'
      ? {
          quality: [{ type: 'library', rule: 'validValues', validValues: [...field.type.values], mustBe: 0 }],
        }
      : {}),
  });
  const quality = contract.rules.map((rule) => ({
    type: 'text',
    name: rule.name,
    description: rule.describe,
  }));
  return stringify({
    apiVersion: 'v3.0.2',
    kind: 'DataContract',
    id: `urn:wharf:${contract.name}`,
    name: contract.name,
    version,
    status: 'active',
    domain: contract.domain,
    dataProduct: contract.dataset,
    description: { purpose: contract.describe },
    schema: [
      {
        name: contract.dataset,
        physicalName: contract.name,
        logicalType: 'object',
        physicalType: 'table',
        description: contract.describe,
        properties: contract.fields.map(property),
        ...(quality.length ? { quality } : {}),
      },
    ],
    ...(contract.freshness
      ? { slaProperties: [{ property: 'frequency', value: contract.freshness / 3_600_000, unit: 'h' }] }
      : {}),
  });
}
