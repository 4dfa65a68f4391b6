/** Columns that came and fields that went: what is new, what is missing, and what only has another name. */
import type { Contract, Field, Type } from '../contract/model.ts';
import { FEW, present } from './case.ts';
import type { Looked, Seen } from './detect.ts';
import { likeValues } from './likeness.ts';
import type { ColumnProfile, Finding } from './model.ts';
import { fieldName, likeNames, looksPersonal, soundName } from './names.ts';
import { percent } from './words.ts';

interface Pair {
  readonly field: Field;
  readonly column: Seen;
  readonly names: number;
  readonly values: number;
  readonly score: number;
}

/** Below this a new column is another column. */
const SAME = 0.62;
/** The other of the two must not speak against it. */
const [LEAST_NAME, LEAST_VALUE] = [0.4, 0.45];

/** How likely it is that a column is a field under another name: by its name and by its values. */
function pair(looked: Looked, field: Field, column: Seen): Pair {
  const { contract, history } = looked;
  const names = Math.max(...[field.name, ...field.aliases].map((name) => likeNames(name, column.name)));
  const values = likeValues(contract, field, column, history?.fields[field.name]);
  return { field, column, names, values, score: (names + values) / 2 };
}

/** New names of missing fields, the likeliest first, each field and each column once. */
function renames(looked: Looked): Pair[] {
  const pairs = looked.missing
    .flatMap((field) =>
      looked.unknown.filter(({ nested }) => !nested).map((column) => pair(looked, field, column)),
    )
    .filter((p) => p.score >= SAME && p.names >= LEAST_NAME && p.values >= LEAST_VALUE)
    .sort((a, b) => b.score - a.score);
  const found: Pair[] = [];
  for (const one of pairs)
    if (!found.some(({ field, column }) => field === one.field || column === one.column)) found.push(one);
  return found;
}

function renamed({ field, column, names, values, score }: Pair, { contract, history }: Looked): Finding {
  const { type, name, required } = field;
  const why =
    field.pii || looksPersonal(column.name)
      ? 'it is personal data'
      : contract.key.includes(name)
        ? 'it is of the key'
        : type.is === 'id'
          ? 'it is an identifier'
          : undefined;
  return {
    kind: 'renamed',
    field: name,
    column: column.name,
    confidence: rounded(sureOf(score, column.profile)),
    evidence: [
      `The name "${column.name}" is ${percent(names)} like ${[name, ...field.aliases].join(', ')}`,
      `Its values are ${percent(values)} like ${history?.fields[name] ? "the field's so far" : 'what the contract allows'}`,
      `${percent(1 - column.profile.nulls)} of ${column.profile.records} records have a value`,
    ],
    change: { change: 'alias', field: name, alias: column.name },
    unsafe: why,
    blocks: required,
  };
}

/** The type of a column nobody has described: the first that reads nearly all of it. */
const guesses: readonly (readonly [reading: string, type: Type])[] = [
  ['int', { is: 'int' }],
  ['decimal', { is: 'decimal', precision: 18, scale: 4 }],
  ['comma', { is: 'decimal', precision: 18, scale: 4, comma: true }],
  ['date:iso', { is: 'date', formats: ['iso'] }],
  ['instant:iso', { is: 'instant', formats: ['iso', 'date'] }],
  ['boolean', { is: 'boolean' }],
];
const IDENTIFIES = /(^|[_\W])(id|no|nr|key|code|sku|number|barcode)$|Id$|ID$|No$/;

function typeOf(name: string, { reads, distinct }: ColumnProfile): { type: Type; consistency: number } {
  if (IDENTIFIES.test(name)) return { type: { is: 'id', floatText: false, patterns: [] }, consistency: 1 };
  const best = guesses.find(([reading]) => reads[reading] === 1);
  // 0 and 1 are read as a truth, too; other texts are no numbers at all, or some of them are.
  const some = Math.max(0, ...Object.values(reads));
  if (best) return { type: best[1], consistency: 1 };
  return { type: { is: 'text', patterns: [] }, consistency: distinct > 0 && some > 0 ? 1 - some / 2 : 1 };
}

/** Few different values or many, but not the same in all records. */
function spread({ distinct, nulls, records }: ColumnProfile): number {
  const present = records * (1 - nulls);
  if (present === 0) return 0;
  return present > 1 && distinct * present < 1.5 ? 0.3 : 1;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

const NAMELESS = 0.5;
/** What a handful of values can show at most. */
const HANDFUL = 0.7;

const sureOf = (confidence: number, profile: ColumnProfile): number =>
  present(profile) < FEW ? Math.min(confidence, HANDFUL) : confidence;

const mean = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0) / parts.length;

/** A column nobody has described, as RetailOS weighs it: its name, completeness, type and spread. */
function fresh({ name, profile, nested }: Seen, { contract }: Looked): Finding {
  // Made a text, it would have rows refused that are fine.
  if (nested)
    return {
      ...{ kind: 'new', column: name, confidence: rounded(soundName(name)) },
      evidence: ['Its values are lists or objects: they stay in _rescued'],
    };
  const { type, consistency } = typeOf(name, profile);
  const parts = [soundName(name), 1 - profile.nulls, consistency, spread(profile)];
  const personal = looksPersonal(name) || profile.outlines['A@A.A'] !== undefined;
  const field = freeName(fieldName(name), contract);
  return {
    kind: 'new',
    field,
    column: name,
    // Whatever it holds: a column without a name is nobody's.
    confidence: rounded(sureOf(Math.min(mean(parts), parts[0] === 0 ? NAMELESS : 1), profile)),
    evidence: [
      `The name counts ${percent(parts[0]!)}: ${parts[0] === 1 ? 'it holds a word that is usual in retail' : parts[0] ? 'nobody knows it' : 'no name at all'}`,
      `${percent(1 - profile.nulls)} of ${profile.records} records have a value`,
      `Read as ${type.is}, ${percent(consistency)} consistent`,
      `${percent(profile.distinct)} of the values differ`,
    ],
    change: {
      change: 'add',
      field,
      definition: {
        ...{ name: field, type, required: false, aliases: [name] },
        ...(personal ? { pii: 'direct' } : {}),
      },
    },
    unsafe: personal ? 'it looks like personal data' : undefined,
  };
}

const freeName = (name: string, { fields }: Contract): string =>
  fields.some((field) => field.name === name) ? freeName(`${name}_2`, { fields } as Contract) : name;

function gone(field: Field, { contract, missing, history }: Looked): Finding {
  const left = 1 - missing.length / contract.fields.length;
  const had = history ? history.fields[field.name] !== undefined : undefined;
  const required = field.required && !contract.key.includes(field.name);
  return {
    kind: 'missing',
    field: field.name,
    // The more is missing, the less this is about one field.
    confidence: rounded(field.required ? left : 1),
    evidence: [
      `No column is called ${[field.name, ...field.aliases].join(' or ')}, and none looks like it`,
      ...(had === undefined ? [] : [had ? 'Earlier deliveries had it' : 'No earlier delivery had it']),
      field.required ? 'The contract requires it' : 'The contract does not require it: nothing has to change',
    ],
    ...(required ? { change: { change: 'optional', field: field.name } } : {}),
    ...(field.required ? { unsafe: 'a required column would no longer be' } : {}),
  };
}

/** New, missing and renamed columns. */
export function arrivals(looked: Looked): Finding[] {
  const pairs = renames(looked);
  // A field that may be missing and always was is no news.
  const news = (field: Field): boolean =>
    field.required || !looked.history || looked.history.order.includes(field.name);
  const wasThere = looked.history !== undefined;
  return [
    ...pairs.map((found) => renamed(found, looked)),
    ...looked.unknown
      .filter((column) => !pairs.some((found) => found.column === column))
      .map((column) => fresh(column, looked)),
    ...looked.missing
      .filter((field) => !pairs.some((found) => found.field === field))
      .filter((field) => field.required || (wasThere && news(field)))
      .map((field) => gone(field, looked)),
  ];
}
