/**
 * Judges one row in JavaScript with the contract's zod object. Every field is wrapped so that it reads a value by
 * its text, as the bulk path does: the JSON number 5, the text "5" and a CSV cell 5 are the same.
 */
import * as z from 'zod';
import { parseJson } from '../json.ts';
import { defOf } from './compile.ts';
import { kindOf } from './kinds.ts';
import type { Contract, Field, Type } from './model.ts';
import { type Got, type RowReason, reason, typeMismatch } from './reasons.ts';
import { holds, type Values } from './rules.ts';
import { looksLike, trim } from './text.ts';

export type Verdict =
  | { readonly ok: true; readonly row: Record<string, unknown> }
  | { readonly ok: false; readonly reasons: readonly string[] };

/** What a failed check tells {@link reasonOf}. */
interface Params {
  readonly reason: RowReason;
  readonly expected?: string;
  readonly got?: Got;
}

function printed(value: unknown): string {
  if (typeof value === 'object') return JSON.stringify(value);
  // DuckDB writes 1e21 where JavaScript writes 1e+21.
  return typeof value === 'number' ? String(value).replace('e+', 'e') : String(value);
}

/** The text of any value as it would stand in a file; undefined where nothing stands. */
export function textOf(value: unknown, type: Type): string | undefined {
  if (value === null || value === undefined) return undefined;
  const text = printed(value);
  return (type.is === 'text' ? text : trim(text)) || undefined;
}

type Decoded = { readonly value: unknown } | { readonly fault: Params };

function decode(value: unknown, type: Type): Decoded {
  const text = textOf(value, type);
  if (text === undefined) return { value: undefined };
  if (type.is === 'list' || type.is === 'object') {
    const got = looksLike(text);
    const parsed = got === type.is ? parseJson(text) : undefined;
    return parsed === undefined
      ? { fault: { reason: 'type_mismatch', expected: type.is, got } }
      : { value: parsed };
  }
  const kind = kindOf(type);
  if (typeof value === 'object')
    return { fault: { reason: 'type_mismatch', expected: kind.expected, got: looksLike(text) } };
  const read = kind.read(type, text);
  return read.ok ? read : { fault: { reason: read.fault, expected: kind.expected, got: looksLike(text) } };
}

/** The schema with every field reading by text. The row's own checks stay zod's. */
export function wrapRow(row: z.ZodObject, fields: readonly Field[]): z.ZodObject {
  const shape = fields.map((field) => [field.name, wrap(row.shape[field.name] as z.ZodType, field.type)]);
  return z.object(Object.fromEntries(shape) as z.ZodRawShape);
}

function wrap(schema: z.ZodType, type: Type): z.ZodType {
  return z.preprocess(
    (value, context) => {
      const decoded = decode(value, type);
      if ('value' in decoded) return decoded.value;
      context.addIssue({ code: 'custom', params: { ...decoded.fault }, input: value });
      return z.NEVER;
    },
    rebuild(schema, type),
  );
}

function rebuild(schema: z.ZodType, type: Type): z.ZodType {
  const def = defOf(schema);
  if (def.innerType) {
    const inner = rebuild(def.innerType, type);
    return def.defaultValue === undefined ? inner.optional() : inner.default(def.defaultValue as never);
  }
  if (type.is === 'list')
    return schema.clone({ ...schema.def, element: wrap(def.element!, type.items) } as never);
  if (type.is === 'object') return wrapRow(schema as z.ZodObject, type.fields);
  return schema;
}

const codes: Partial<Record<string, RowReason>> = {
  // Reading has told wrong types and values apart before: what zod then misses is the value itself.
  invalid_type: 'missing_required_value',
  invalid_value: 'missing_required_value',
  invalid_format: 'pattern_mismatch',
  too_small: 'out_of_range',
  too_big: 'out_of_range',
};

/** `['lines', 0, 'qty']` → `lines[].qty` */
const subject = (path: readonly PropertyKey[]): string =>
  path.map((part, i) => (typeof part === 'number' ? '[]' : `${i ? '.' : ''}${String(part)}`)).join('');

function reasonOf(issue: z.core.$ZodIssue): string {
  const params = (issue.code === 'custom' ? issue.params : undefined) as Params | undefined;
  const field = subject(issue.path);
  if (params?.reason === 'type_mismatch') return typeMismatch(field, params.expected!, params.got!);
  return reason(params?.reason ?? codes[issue.code] ?? 'type_mismatch', field);
}

/** The values rules compare: those that could be read, whether inside their limits or not. */
function readable(fields: readonly Field[], row: Record<string, unknown>): Values {
  return Object.fromEntries(
    fields.map((field) => {
      const text = textOf(row[field.name], field.type) ?? field.default;
      const decoded =
        text === undefined ? undefined : decode(text === field.default ? text : row[field.name], field.type);
      return [field.name, decoded && 'value' in decoded ? (decoded.value ?? null) : null];
    }),
  );
}

/**
 * Judges one row: the fields by zod, then the rules over what could be read.
 * @example judgeRow(transactions, { transaction_id: 'T1', quantity: 0 }) // { ok: false, reasons: ['out_of_range:quantity', …] }
 */
export function judgeRow(contract: Contract, row: unknown): Verdict {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    return { ok: false, reasons: ['malformed_row'] };
  const parsed = contract.row.safeParse(row);
  const { rules, fields } = contract;
  // Most contracts have no rules: then nothing is read twice.
  const values = rules.length > 0 ? readable(fields, row as Record<string, unknown>) : {};
  const broken = rules.filter((rule) => holds(rule.test, values, fields) === false);
  const reasons = [
    ...new Set([
      ...(parsed.error?.issues ?? []).map(reasonOf),
      ...broken.map(({ name }) => reason('rule_failed', name)),
    ]),
  ];
  return parsed.success && reasons.length === 0 ? { ok: true, row: parsed.data } : { ok: false, reasons };
}
