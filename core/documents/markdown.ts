/** The contract as a page for people. */
import type { Bound, Contract, Field, Type } from '../contract/model.ts';
import { rowReasons } from '../contract/reasons.ts';

const bounds = ({ min, max }: { min?: Bound; max?: Bound }): string =>
  [min && `${min.exclusive ? '>' : '≥'} ${min.value}`, max && `${max.exclusive ? '<' : '≤'} ${max.value}`]
    .filter(Boolean)
    .join(', ');

function typeName(type: Type): string {
  switch (type.is) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'enum':
      return type.values.map((value) => `\`${value}\``).join(' ');
    case 'list':
      return `list of ${typeName(type.items)}`;
    case 'object':
      return `object (${type.fields.map(({ name }) => name).join(', ')})`;
    default:
      return type.is;
  }
}

function allowed({ type }: Field): string {
  const parts = ['min' in type || 'max' in type ? bounds(type) : ''];
  if ('minLength' in type && type.minLength) parts.push(`at least ${type.minLength} long`);
  if ('maxLength' in type && type.maxLength) parts.push(`at most ${type.maxLength} long`);
  if ('patterns' in type) parts.push(...type.patterns.map((p) => `matches \`${p.replaceAll('|', '\\|')}\``));
  return parts.filter(Boolean).join('; ');
}

const needed = (field: Field): string =>
  field.required ? 'yes' : field.default === undefined ? 'no' : `no, else \`${field.default}\``;

const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`;

/** One page: fields, key, partitions, rules, policies and the reasons a row can be refused for. */
export function markdown(contract: Contract): string {
  const { name, describe, fields, key, partitionBy, rules, references, duplicates, onOverwrite, freshness } =
    contract;
  const facts = [
    `- Key: ${key.length ? key.map((k) => `\`${k}\``).join(', ') : 'none'}`,
    `- Partitions: ${partitionBy.length ? partitionBy.map((p) => `${p.transform} of \`${p.field}\``).join(', ') : 'none'}`,
    `- Rows that are the same in every column: ${duplicates.rows}; rows that repeat a key: ${key.length ? duplicates.keys : 'no key'} (within one delivery)`,
    `- New content under the same file name: ${onOverwrite}`,
    ...(freshness ? [`- Stale after: ${freshness / 3_600_000} hours`] : []),
    ...Object.entries(references).map(([field, to]) => `- \`${field}\` refers to ${to}`),
  ];
  return [
    `# ${name}\n`,
    `${describe}\n`,
    row('Field', 'Type', 'Required', 'Allowed', 'Also called', 'Meaning'),
    row('---', '---', '---', '---', '---', '---'),
    ...fields.map((f) =>
      row(
        `\`${f.name}\`${f.pii ? ' (personal)' : ''}`,
        typeName(f.type),
        needed(f),
        allowed(f),
        f.aliases.join(', '),
        f.describe ?? '',
      ),
    ),
    '',
    ...facts,
    ...(rules.length ? ['\n## Rules\n', ...rules.map((r) => `- \`${r.name}\`: ${r.describe}`)] : []),
    '\n## Why a row is refused\n',
    ...Object.entries(rowReasons).map(([code, meaning]) => `- \`${code}\`: ${meaning}`),
    '',
  ].join('\n');
}
