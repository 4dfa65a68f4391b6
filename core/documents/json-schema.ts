/** The contract as JSON Schema (2020-12), which OpenAPI 3.1 takes as it is. */
import { type DateFormat, dateFormats, type InstantFormat, instantFormats } from '../contract/formats.ts';
import type { Bound, Contract, Field, Type } from '../contract/model.ts';

type Schema = Record<string, unknown>;
type Of<K extends Type['is']> = Extract<Type, { is: K }>;

function limits({ min, max }: { min?: Bound; max?: Bound }): Schema {
  const entry = (bound: Bound | undefined, inclusive: string, exclusive: string): Schema =>
    bound ? { [bound.exclusive ? exclusive : inclusive]: Number(bound.value) } : {};
  return { ...entry(min, 'minimum', 'exclusiveMinimum'), ...entry(max, 'maximum', 'exclusiveMaximum') };
}

const optional = (name: string, value: unknown): Schema => (value === undefined ? {} : { [name]: value });

const lengths = ({ minLength, maxLength, patterns }: Of<'text'> | Of<'id'>): Schema => ({
  ...optional('minLength', minLength),
  ...optional('maxLength', maxLength),
  ...(patterns.length === 1 ? { pattern: patterns[0] } : {}),
  ...(patterns.length > 1 ? { allOf: patterns.map((pattern) => ({ pattern })) } : {}),
});

/** The formats a moment may be written in. `format: date-time` would not do: it demands an offset, a contract does not. */
function moment(formats: readonly { readonly pattern: string }[]): Schema {
  const patterns = formats.map(({ pattern }) => pattern.replace(/\(\?P<\w+>/g, '(?:'));
  const numeric = formats.some(({ pattern }) => pattern.startsWith('(?P<n>'));
  return { type: numeric ? ['string', 'integer'] : 'string', pattern: `^(?:${patterns.join('|')})$` };
}

const schemas: { readonly [K in Type['is']]: (type: Of<K>) => Schema } = {
  text: (type) => ({ type: 'string', ...lengths(type) }),
  id: (type) => ({ type: ['string', 'integer'], ...lengths(type) }),
  int: (type) => ({ type: 'integer', ...limits(type) }),
  decimal: ({ precision, scale, ...type }) => ({
    type: ['number', 'string'],
    pattern: `^[+-]?\\d{1,${Math.max(precision - scale, 1)}}(?:[.]\\d{0,${scale}})?$`,
    ...limits(type),
  }),
  float: (type) => ({ type: 'number', ...limits(type) }),
  boolean: () => ({ type: 'boolean' }),
  date: ({ formats }) => moment(formats.map((name) => dateFormats[name as DateFormat])),
  instant: ({ formats }) => moment(formats.map((name) => instantFormats[name as InstantFormat])),
  enum: ({ values }) => ({ type: 'string', enum: [...values] }),
  list: ({ items, minLength, maxLength }) => ({
    type: 'array',
    items: typeSchema(items),
    ...optional('minItems', minLength),
    ...optional('maxItems', maxLength),
  }),
  object: ({ fields }) => objectSchema(fields),
};

const typeSchema = (type: Type): Schema => (schemas[type.is] as (type: Type) => Schema)(type);

const asJson = new Set<Type['is']>(['int', 'float', 'boolean', 'list', 'object']);
/** A default or an example as it would stand in JSON. */
const jsonOf = ({ is }: Type, text: string): unknown => (asJson.has(is) ? JSON.parse(text) : text);

/** Absent and null are the same to a contract, and so is empty text: a required text is not empty. */
function presence({ required, type }: Field, schema: Schema): Schema {
  if (!required) {
    const nullable = { ...schema, type: [schema.type, 'null'].flat() };
    return type.is === 'enum' ? { ...nullable, enum: [...type.values, null] } : nullable;
  }
  return type.is === 'text' || type.is === 'id' ? { minLength: 1, ...schema } : schema;
}

const fieldSchema = (field: Field): Schema => ({
  ...presence(field, typeSchema(field.type)),
  ...optional('description', field.describe),
  ...(field.default === undefined ? {} : { default: jsonOf(field.type, field.default) }),
  ...optional(
    'examples',
    field.examples?.map((text) => jsonOf(field.type, text)),
  ),
});

const objectSchema = (fields: readonly Field[]): Schema => ({
  type: 'object',
  properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
  required: fields.filter(({ required }) => required).map(({ name }) => name),
});

/** What the standard has no word for, said in the description: a schema checks one row, field by field. */
function description({ describe, key, rules }: Contract): string {
  const said = [describe];
  if (key.length) said.push(`Key: ${key.join(', ')}.`);
  if (rules.length) said.push(`Rules: ${rules.map((rule) => rule.describe).join(' ')}`);
  return said.join(' ');
}

/** One row as an event would be posted. */
export const jsonSchema = (contract: Contract): Schema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:wharf:${contract.name}`,
  title: contract.name,
  description: description(contract),
  ...objectSchema(contract.fields),
});

/** The row as a component of an OpenAPI 3.1 document. */
export function openApiComponent(contract: Contract): Schema {
  const { $schema: _schema, $id: _id, ...schema } = jsonSchema(contract);
  return { components: { schemas: { [contract.name]: schema } } };
}
