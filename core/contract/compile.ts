/** Reads a zod row into the model. What it cannot read it refuses, naming the field and what to write instead. */
import type * as z from 'zod';
import { WharfError } from '../errors.ts';
import type { Bound, Field, Type } from './model.ts';
import { toRe2 } from './regex.ts';

/** The parts of zod's definitions that are read here; zod documents them for library authors. */
interface Def {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly defaultValue?: unknown;
  readonly checks?: readonly { readonly _zod: { readonly def: CheckDef } }[];
  readonly check?: string;
  readonly format?: string;
  readonly entries?: Record<string, string | number>;
  readonly values?: readonly unknown[];
  readonly element?: z.ZodType;
  readonly shape?: Record<string, z.ZodType>;
}

interface CheckDef {
  readonly check: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly value?: number;
  readonly inclusive?: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export const defOf = (schema: z.ZodType): Def => schema.def as unknown as Def;

/** Wrappers that make a field optional; all mean "a missing or empty value is fine". */
const wrappers = new Set(['optional', 'nullable', 'default', 'prefault']);

const instead: Record<string, string> = {
  date: 'Write instant() for a moment or date() for a day',
  bigint: 'Write id() for an identifier or decimal(38, 0) for a number',
  union: 'Give the field one type, or text() and a pattern',
  pipe: 'Drop .transform()/.pipe()/preprocess: a contract describes the data, it does not change it',
  transform: 'Drop .transform(): a contract describes the data, it does not change it',
  record: 'Write z.object({…}) with the keys it may have, or text() for JSON kept as text',
  any: 'Give the field a type: text(), int(), money(), …',
  unknown: 'Give the field a type: text(), int(), money(), …',
};

const refuse = (field: string, what: string, fix: string): WharfError =>
  new WharfError(`Field "${field}": ${what} cannot be compiled to SQL`, {
    code: 'contract.unsupported_zod',
    route: 'usage',
    fix,
  });

/** One field of a row. @throws WharfError `contract.unsupported_zod`, `contract.unsupported_pattern` */
export function compileField(name: string, schema: z.ZodType): Field {
  let inner = schema;
  let optional = false;
  let fallback: unknown;
  const metas = [schema.meta()];
  for (let def = defOf(inner); wrappers.has(def.type); def = defOf(inner)) {
    optional = true;
    fallback ??= def.defaultValue;
    inner = def.innerType!;
    metas.unshift(inner.meta());
  }
  const meta: z.GlobalMeta = Object.assign({}, ...metas);
  return {
    name,
    type: compileType(name, inner, meta.wharf),
    required: !optional,
    default:
      fallback === undefined
        ? undefined
        : typeof fallback === 'object'
          ? JSON.stringify(fallback)
          : String(fallback),
    aliases: meta.aliases ?? [],
    describe: meta.describe ?? meta.description,
    pii: meta.pii,
    examples: meta.examples as string[] | undefined,
  };
}

function compileType(name: string, schema: z.ZodType, marked: Type | undefined): Type {
  const def = defOf(schema);
  if (marked && marked.is !== 'text' && marked.is !== 'id') return marked;
  switch (def.type) {
    case 'string':
      return lengths(name, def, (marked ?? { is: 'text', patterns: [] }) as Type & { is: 'text' | 'id' });
    case 'number':
      return range(name, def);
    case 'boolean':
      return { is: 'boolean' };
    case 'enum':
    case 'literal':
      return { is: 'enum', values: enumValues(name, def) };
    case 'array':
      return lengths(name, def, { is: 'list', items: compileField(`${name}[]`, def.element!).type });
    case 'object':
      return {
        is: 'object',
        fields: Object.entries(def.shape!).map(([key, value]) => compileField(key, value)),
      };
    default:
      throw refuse(
        name,
        `zod's "${def.type}"`,
        instead[def.type] ?? 'Use the helpers of core/contract/fields.ts',
      );
  }
}

function enumValues(name: string, { entries, values }: Def): string[] {
  const all = values ?? Object.values(entries!);
  if (!all.every((value) => typeof value === 'string' && value !== ''))
    throw refuse(
      name,
      'an enum with values that are not text',
      "Write z.enum(['1', '2']) with the texts as they stand in files",
    );
  return all as string[];
}

const checksOf = (def: Def): CheckDef[] => (def.checks ?? []).map((check) => check._zod.def);

function lengths<T extends { minLength?: number; maxLength?: number; patterns?: readonly string[] } & Type>(
  name: string,
  def: Def,
  start: T,
): T {
  const type: Mutable<T> = { ...start };
  for (const { check, minimum, maximum, length, pattern, format } of checksOf(def)) {
    if (check === 'min_length') type.minLength = minimum;
    else if (check === 'max_length') type.maxLength = maximum;
    else if (check === 'length_equals') type.minLength = type.maxLength = length;
    else if (check === 'string_format' && format === 'regex' && pattern) {
      toRe2(pattern, name);
      type.patterns = [...(type.patterns ?? []), pattern.source];
    } else
      throw refuse(
        name,
        `zod's check "${format ?? check}"`,
        'Write text({ minLength, maxLength, pattern }), or a rule',
      );
  }
  return type;
}

function range(name: string, def: Def): Type {
  let [min, max]: (Bound | undefined)[] = [];
  let whole = def.format === 'safeint';
  for (const { check, value, inclusive, format } of checksOf(def)) {
    if (check === 'greater_than') min = { value: String(value), exclusive: !inclusive };
    else if (check === 'less_than') max = { value: String(value), exclusive: !inclusive };
    else if (check === 'number_format' && format === 'safeint') whole = true;
    else
      throw refuse(
        name,
        `zod's check "${format ?? check}"`,
        'Write int({ min, max }) or float({ min, max }), or a rule',
      );
  }
  if (def.format && def.format !== 'safeint')
    throw refuse(name, `zod's "${def.format}"`, 'Write int({ min, max })');
  return { is: whole ? 'int' : 'float', min, max };
}
