/** The contract as JSON Schema (2020-12), which OpenAPI 3.1 takes as it is. */
import type { Bound, Contract, Field, Type } from '../contract/model.ts';

type Schema = Record<string, unknown>;

function limits({ min, max }: { min?: Bound; max?: Bound }): Schema {
  const entry = (bound: Bound | undefined, inclusive: string, exclusive: string): Schema =>
    bound ? { [bound.exclusive ? exclusive : inclusive]: Number(bound.value) } : {};
  return { ...entry(min, 'minimum', 'exclusiveMinimum'), ...entry(max, 'maximum', 'exclusiveMaximum') };
}

const lengths = (type: { minLength?: number; maxLength?: number; patterns: readonly string[] }): Schema => ({
  ...(type.minLength === undefined ? {} : { minLength: type.minLength }),
  ...(type.maxLength === undefined ? {} : { maxLength: type.maxLength }),
  ...(type.patterns.length === 1 ? { pattern: type.patterns[0] } : {}),
  ...(type.patterns.length > 1 ? { allOf: type.patterns.map((pattern) => ({ pattern })) } : {}),
});

const schemas: { readonly [K in Type['is']]: (type: Extract<Type, { is: K }>) => Schema } = {
  text: (type) => ({ type: 'string', ...lengths(type) }),
  id: (type) => ({ type: ['string', 'integer'], ...lengths(type) }),
  int: (type) => ({ type: 'integer', ...limits(type) }),
  decimal: (type) => ({
    type: ['number', 'string'],
    ...limits(type),
    'x-precision': type.precision,
    'x-scale': type.scale,
  }),
  float: (type) => ({ type: 'number', ...limits(type) }),
  boolean: () => ({ type: 'boolean' }),
  date: ({ formats }) => ({
    type: 'string',
    ...(formats.includes('iso') && formats.length === 1 ? { format: 'date' } : {}),
  }),
  instant: () => ({ type: 'string', format: 'date-time' }),
  enum: ({ values }) => ({ enum: [...values] }),
  list: ({ items, minLength, maxLength }) => ({
    type: 'array',
    items: schemas[items.is](items as never),
    ...(minLength === undefined ? {} : { minItems: minLength }),
    ...(maxLength === undefined ? {} : { maxItems: maxLength }),
  }),
  object: ({ fields }) => objectSchema(fields),
};

function fieldSchema(field: Field): Schema {
  const schema = schemas[field.type.is](field.type as never);
  return {
    ...schema,
    ...(field.describe ? { description: field.describe } : {}),
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.examples ? { examples: [...field.examples] } : {}),
  };
}

function objectSchema(fields: readonly Field[]): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
    required: fields.filter(({ required }) => required).map(({ name }) => name),
  };
}

/** One row as an event would be posted. */
export const jsonSchema = (contract: Contract): Schema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:wharf:${contract.name}`,
  title: contract.name,
  description: contract.describe,
  ...objectSchema(contract.fields),
});

/** The row as a component of an OpenAPI 3.1 document. */
export function openApiComponent(contract: Contract): Schema {
  const { $schema: _schema, $id: _id, ...schema } = jsonSchema(contract);
  return { components: { schemas: { [contract.name]: schema } } };
}
