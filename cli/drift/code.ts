/** A field of the model as a contract has it, in TypeScript. */
import type { Bound, Field, Type } from '../../core/contract/model.ts';
import { literal } from '../infer/value.ts';

type Part = readonly [name: string, code: string | undefined];

const list = (texts: readonly string[]): string => `[${texts.map(literal).join(', ')}]`;
const options = (parts: readonly Part[]): string => {
  const given = parts.filter(([, code]) => code !== undefined);
  return given.length ? `{ ${given.map(([name, code]) => `${name}: ${code}`).join(', ')} }` : '';
};
const call = (name: string, ...args: string[]): string => `${name}(${args.filter(Boolean).join(', ')})`;

const bounds = (
  { min, max }: { readonly min?: Bound; readonly max?: Bound },
  code: (value: string) => string,
) =>
  [
    [min?.exclusive ? 'above' : 'min', min && code(min.value)],
    [max?.exclusive ? 'below' : 'max', max && code(max.value)],
  ] as const;

const plain = (value: string): string => value;
/** A number where it is exact as one, else its text. */
const exact = (value: string): string => (String(Number(value)) === value ? value : literal(value));
const regex = (source: string): string => String(new RegExp(source));
const count = (n: number | undefined): string | undefined => (n === undefined ? undefined : String(n));

const texts = (
  name: string,
  type: Extract<Type, { is: 'text' | 'id' }>,
  own: readonly Part[] = [],
): string => {
  const [first, ...others] = type.patterns;
  const parts: Part[] = [
    ...own,
    ['minLength', count(type.minLength)],
    ['maxLength', count(type.maxLength)],
    ['pattern', first === undefined ? undefined : regex(first)],
  ];
  return call(name, options(parts)) + others.map((source) => `.regex(${regex(source)})`).join('');
};

const moments = (name: string, usual: readonly string[], type: Extract<Type, { is: 'date' | 'instant' }>) => {
  const same = usual.join() === type.formats.join();
  return call(name, options([['formats', same ? undefined : list(type.formats)], ...bounds(type, literal)]));
};

const codes: { readonly [K in Type['is']]: (type: Extract<Type, { is: K }>) => string } = {
  text: (type) => texts('text', type),
  id: (type) => texts('id', type, [['floatText', type.floatText ? 'true' : undefined]]),
  int: (type) => call('int', options(bounds(type, plain))),
  decimal: (type) => {
    const more = options([...bounds(type, exact), ['comma', type.comma ? 'true' : undefined]]);
    const { precision, scale } = type;
    return precision === 18 && scale === 4
      ? call('money', more)
      : call('decimal', String(precision), String(scale), more);
  },
  float: (type) => call('float', options(bounds(type, plain))),
  boolean: () => 'boolean()',
  date: (type) => moments('date', ['iso'], type),
  instant: (type) => moments('instant', ['iso', 'date'], type),
  enum: ({ values }) => `z.enum(${list(values)})`,
  list: ({ items, minLength, maxLength }) =>
    call(
      'list',
      codeOf(items),
      options([
        ['minLength', count(minLength)],
        ['maxLength', count(maxLength)],
      ]),
    ),
  object: ({ fields }) => `z.object({ ${fields.map((f) => `${f.name}: ${fieldCode(f)}`).join(', ')} })`,
};

const codeOf = (type: Type): string => (codes[type.is] as (type: Type) => string)(type);

/** Defaults that are no text in TypeScript. */
const unquoted = new Set<Type['is']>(['int', 'float', 'boolean', 'list', 'object']);

/** @example fieldCode(quantity) // "int({ min: 0 }).optional().meta({ aliases: ['Qty'] })" */
export function fieldCode({ type, required, default: fallback, ...field }: Field): string {
  const meta = options([
    ['describe', field.describe === undefined ? undefined : literal(field.describe)],
    ['aliases', field.aliases.length ? list(field.aliases) : undefined],
    ['pii', field.pii && literal(field.pii)],
    ['examples', field.examples && list(field.examples)],
  ]);
  const absent =
    fallback === undefined
      ? required
        ? ''
        : '.optional()'
      : `.default(${unquoted.has(type.is) ? fallback : literal(fallback)})`;
  return `${codeOf(type)}${absent}${meta && `.meta(${meta})`}`;
}

const HELPERS = ['boolean', 'date', 'decimal', 'float', 'id', 'instant', 'int', 'list', 'money', 'text'];

const TEXTS = /'(?:[^'\\]|\\.)*'/g;

/** The words of `core/contract/fields.ts` that a code uses. */
export function helpersIn(code: string): string[] {
  const bare = code.replace(TEXTS, "''");
  return HELPERS.filter((helper) => new RegExp(`(^|[^\\w.])${helper}\\(`).test(bare));
}
