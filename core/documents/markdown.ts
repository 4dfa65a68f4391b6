/** The contract as a page for people. */
import type { Bound, Contract, Field, Type } from '../contract/model.ts';
import { possibleReasons } from './reasons.ts';

/** Text that may hold any character, inside a table cell. */
const escaped = (text: string): string => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
const code = (text: string): string => `\`${text}\``;
const codes = (texts: readonly string[]): string => texts.map(code).join(', ');
const row = (...cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;

const bounds = ({ min, max }: { min?: Bound; max?: Bound }): string[] => [
  ...(min ? [`${min.exclusive ? '>' : '≥'} ${min.value}`] : []),
  ...(max ? [`${max.exclusive ? '<' : '≤'} ${max.value}`] : []),
];

/** @example typeName(field.type) // "decimal(10, 2)" */
export function typeName(type: Type): string {
  switch (type.is) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'list':
      return `list of ${typeName(type.items)}`;
    case 'object':
      return `object of ${type.fields.map(({ name, type }) => `${name} (${typeName(type)})`).join(', ')}`;
    default:
      return type.is;
  }
}

/** What a field takes beyond its type, in words. */
export function allowed({ type }: Field): string {
  const parts = 'min' in type || 'max' in type ? bounds(type) : [];
  if (type.is === 'enum') parts.push(codes(type.values));
  if ('minLength' in type && type.minLength) parts.push(`length ≥ ${type.minLength}`);
  if ('maxLength' in type && type.maxLength) parts.push(`length ≤ ${type.maxLength}`);
  if ('patterns' in type) parts.push(...type.patterns.map(code));
  if ('formats' in type) parts.push(`formats ${type.formats.join(', ')}`);
  if (type.is === 'id' && type.floatText) parts.push('`1.0` is read as `1`');
  return parts.join('; ');
}

const needed = ({ required, default: otherwise }: Field): string =>
  required ? 'yes' : otherwise === undefined ? 'no' : `no, else ${code(otherwise)}`;

const meaning = ({ describe, pii, examples }: Field): string =>
  [
    describe,
    pii && (pii === 'direct' ? 'Personal.' : 'Personal, by way of another table.'),
    examples?.length && `E.g. ${codes(examples.slice(0, 2))}.`,
  ]
    .filter(Boolean)
    .join(' ');

const SPANS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
] as const;

function duration(ms: number): string {
  const [unit, size] = SPANS.find(([, size]) => ms > size && ms % size === 0) ?? ['ms', 1];
  return `${ms / size} ${unit}`;
}

function facts(contract: Contract): string[] {
  const { key, partitionBy, duplicates, onOverwrite, ordered, freshness, references } = contract;
  return [
    `- Key: ${key.length ? codes(key) : 'none'}`,
    `- Partitions: ${partitionBy.map(({ transform, field }) => `${transform} of ${code(field)}`).join(', ') || 'none'}`,
    `- Within one delivery, a row that is the same in every column as an earlier one: ${duplicates.rows}`,
    ...(key.length
      ? [`- Within one delivery, another row with the key of an earlier one: ${duplicates.keys}`]
      : []),
    `- New content under the same file name: ${onOverwrite}`,
    ...(ordered ? ['- Posted events are written in the order of posting'] : []),
    ...(freshness ? [`- Stale when nothing arrived for ${duration(freshness)}`] : []),
    ...Object.entries(references).map(([field, dataset]) => `- ${code(field)} is a key of ${code(dataset)}`),
  ];
}

/** One page: fields, key, partitions, rules, policies and the reasons a row can be refused for. */
export function markdown(contract: Contract): string {
  const { name, describe, fields, rules } = contract;
  return [
    `# ${name}`,
    '',
    describe,
    '',
    row('Field', 'Type', 'Required', 'Allowed', 'Also called', 'Meaning'),
    row('---', '---', '---', '---', '---', '---'),
    ...fields.map((field) =>
      row(
        code(field.name),
        typeName(field.type),
        needed(field),
        allowed(field),
        codes(field.aliases),
        meaning(field),
      ),
    ),
    '',
    ...facts(contract),
    ...(rules.length
      ? ['', '## Rules', '', ...rules.map((rule) => `- ${code(rule.name)}: ${rule.describe}`)]
      : []),
    '',
    '## Why a row is refused',
    '',
    ...possibleReasons(contract).map(
      ({ code: reason, meaning, subjects }) =>
        `- ${code(reason)}: ${meaning}${subjects.length ? ` (${subjects.join(', ')})` : ''}`,
    ),
    '',
  ].join('\n');
}
