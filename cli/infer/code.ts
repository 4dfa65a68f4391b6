/** Columns written down as a contract. */
import { headerKey } from '../../core/contract/contract.ts';
import type { Column, Shape } from './model.ts';
import { literal } from './value.ts';

const snake = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('ß', 'ss')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/^(\d)/, 'n$1') || 'column';

/** Why a shape has no word in a contract; undefined where it has one. */
function unknownIn(shape: Shape): string | undefined {
  if (shape.is === 'unknown') return shape.why;
  if (shape.is === 'list') return unknownIn(shape.items);
  if (shape.is === 'object') return shape.members.map(({ shape }) => unknownIn(shape)).find(Boolean);
  return undefined;
}

const memberKey = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : literal(name));

function shapeCode(shape: Shape, indent: string): string {
  if (shape.is === 'value') return shape.code;
  if (shape.is === 'list') return `list(${shapeCode(shape.items, indent)})`;
  if (shape.is === 'unknown') return '';
  const lines = shape.members.map(
    (member) =>
      `${indent}  ${memberKey(member.header)}: ${shapeCode(member.shape, `${indent}  `)}${member.optional ? '.optional()' : ''},`,
  );
  return ['z.object({', ...lines, `${indent}})`].join('\n');
}

/** A column under the name it has in the table. */
interface Named extends Column {
  readonly name: string;
}

/** A name for each column that no other answers to; columns the contract cannot hold are told apart. */
function nameColumns(columns: readonly Column[]): { fields: Named[]; left: [header: string, why: string][] } {
  const taken = new Map(columns.map(({ header }) => [headerKey(header), header]));
  const fields: Named[] = [];
  const left: [string, string][] = [];
  for (const column of columns) {
    const { header, shape } = column;
    const same = taken.get(headerKey(header))!;
    const why = same === header ? unknownIn(shape) : `"${same}" is the same name`;
    if (why) {
      left.push([header, why]);
      continue;
    }
    const free = (name: string) => (taken.get(headerKey(name)) ?? header) === header;
    const base = snake(header);
    let name = base;
    for (let i = 2; !free(name); i++) name = `${base}_${i}`;
    taken.set(headerKey(name), header);
    fields.push({ ...column, name });
  }
  return { fields, left };
}

const is = ({ shape }: Column, ...kinds: string[]): boolean =>
  shape.is === 'value' && kinds.includes(shape.type.is);

/** An identifier no row shares; else another value no row shares. */
const keyOf = (fields: readonly Named[]): Named | undefined => {
  const unique = fields.filter(({ shape, optional }) => shape.is === 'value' && shape.unique && !optional);
  return unique.find((c) => is(c, 'id')) ?? unique.find((c) => is(c, 'text', 'int'));
};

/** The day or moment a row is about. */
const partitionOf = (fields: readonly Named[]): Named | undefined => {
  const moments = fields.filter((c) => is(c, 'date', 'instant') && !/birth|expir|valid/.test(c.name));
  return moments.find(({ optional }) => !optional) ?? moments[0];
};

const helperNames = ['boolean', 'date', 'float', 'id', 'instant', 'int', 'list', 'money', 'text'];
/** What the constant must not be called. */
const reserved = new RegExp(
  `^(${helperNames.join('|')}|contract|month|z|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|await|arguments|eval)$`,
);

function variableOf(name: string): string {
  const variable = name.split('.')[1]!.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
  return reserved.test(variable) ? `${variable}Rows` : variable;
}

const comment = (text: string): string => text.replace(/[\r\n\u2028\u2029]+/g, ' ');

/** The source of a contract for these columns. */
export function contractCode(name: string, columns: readonly Column[]): string {
  const { fields, left } = nameColumns(columns);
  const [key, when] = [keyOf(fields), partitionOf(fields)];
  const lines = fields.map(({ name, header, shape, optional }) => {
    const alias = name === header ? '' : `.meta({ aliases: [${literal(header)}] })`;
    const note = shape.is === 'value' && shape.note ? ` // ${shape.note}` : '';
    return `    ${name}: ${shapeCode(shape, '    ')}${optional ? '.optional()' : ''}${alias},${note}`;
  });
  const notes = left.map(
    ([header, why]) => `    // Not in the contract, kept in _rescued: ${comment(header)} (${comment(why)})`,
  );
  if (columns.every(({ header }) => /^[0-9.,-]*$|^column_\d+$/.test(header)))
    lines.unshift('    // The first line looks like values: does the file have a header?');
  const helpers = helperNames.filter((helper) =>
    lines.some((line) => new RegExp(`[ (]${helper}\\(`).test(line)),
  );
  return [
    `import * as z from 'zod';`,
    `import { contract } from '../../core/contract/contract.ts';`,
    ...(helpers.length ? [`import { ${helpers.join(', ')} } from '../../core/contract/fields.ts';`] : []),
    ...(when ? [`import { month } from '../../core/contract/partition.ts';`] : []),
    '',
    `export const ${variableOf(name)} = contract('${name}', {`,
    `  describe: 'What one row is: say it here.',`,
    '  row: z.object({',
    ...lines,
    ...notes,
    '  }),',
    ...(key ? [`  key: ['${key.name}'],`] : []),
    ...(when ? [`  partitionBy: month('${when.name}'),`] : []),
    '});',
    '',
  ].join('\n');
}
