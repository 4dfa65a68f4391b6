/** Values that are read otherwise than they were: another format, another type, no room. */
import { dateFormats, instantFormats } from '../contract/formats.ts';
import { kindOf, type Scalar } from '../contract/kinds.ts';
import type { Contract, Field } from '../contract/model.ts';
import { BLOCKS, FEW, guarded, type Look, NEARLY, present, rounded, UNREAD } from './case.ts';
import type { Seen } from './detect.ts';
import type { ColumnProfile, Finding } from './model.ts';
import { isRead, share } from './profile.ts';
import { percent } from './words.ts';

/** Another format of the same moments, or a decimal comma. */
export const format: Look = ({ field, type, column, counts, contract }) => {
  const unread = 1 - share(counts, (text) => isRead(type, text));
  if (unread < UNREAD) return undefined;
  const reads = (name: string): number => share(counts, (text) => isRead(withFormat(type, name), text));
  const known =
    type.is === 'decimal'
      ? ['comma']
      : type.is === 'date'
        ? Object.keys(dateFormats)
        : type.is === 'instant'
          ? Object.keys(instantFormats)
          : [];
  const [best] = known.map((name) => ({ name, of: reads(name) })).sort((a, b) => b.of - a.of);
  if (!best || best.of < NEARLY || best.of < 1 - unread + UNREAD) return undefined;
  return {
    kind: 'format',
    field: field.name,
    column: column.name,
    confidence: rounded(best.of * Math.min(1, 0.7 + present(column.profile) / 100)),
    evidence: [
      `${percent(unread)} of the values cannot be read as the contract has them`,
      `${percent(best.of)} can be read as ${best.name === 'comma' ? 'numbers with a decimal comma' : `"${best.name}"`}`,
    ],
    change: { change: 'format', field: field.name, format: best.name },
    unsafe: guarded(field, contract) ?? 'the same text can mean another value in the other format',
    blocks: unread > BLOCKS,
  };
};

const withFormat = (type: Scalar, name: string): Scalar =>
  type.is === 'decimal' ? { ...type, comma: true } : ({ ...type, formats: [name] } as Scalar);

/** Texts longer, or numbers with more digits, than there is room for. */
export const widened: Look = ({ field, type, column, counts, contract }) => {
  if (type.is !== 'decimal' && type.is !== 'text' && type.is !== 'id') return undefined;
  if (type.is === 'decimal') {
    const whole = Math.max(0, ...[...counts.keys()].map((t) => /^[+-]?(\d+)/.exec(t)?.[1]?.length ?? 0));
    const precision = Math.min(38, whole + type.scale);
    const wider = { ...type, precision };
    const over = share(counts, (text) => isRead(wider, text)) - share(counts, (text) => isRead(type, text));
    if (over < UNREAD / 2 || precision <= type.precision) return undefined;
    return {
      ...common(field, column, over, contract),
      evidence: [
        `${percent(over)} of the values have more digits than there is room for: up to ${whole} before the point`,
      ],
      change: { change: 'widen', field: field.name, precision },
    };
  }
  const { maxLength } = type;
  if (maxLength === undefined) return undefined;
  const over = share(counts, (text) => [...text].length > maxLength);
  if (over < UNREAD / 2) return undefined;
  const longest = column.profile.lengths[2];
  return {
    ...common(field, column, over, contract),
    evidence: [`${percent(over)} of the values are longer than ${maxLength}: up to ${longest}`],
    change: { change: 'widen', field: field.name, maxLength: 2 ** Math.ceil(Math.log2(longest)) },
  };
};

const common = (field: Field, column: Seen, over: number, contract: Contract) => ({
  kind: 'retyped' as const,
  field: field.name,
  column: column.name,
  confidence: rounded(0.6 + over / 2),
  unsafe: guarded(field, contract),
  blocks: over > BLOCKS,
});

/** Values of another type than the contract's, or of a narrower one than they were. */
export const retyped: Look = ({ field, type, column, counts, before }) => {
  if (type.is === 'enum') return undefined;
  const { profile } = column;
  const told = (to: string, confidence: number, evidence: string[], more: Partial<Finding>): Finding => ({
    ...{ kind: 'retyped', field: field.name, column: column.name },
    confidence: rounded(confidence),
    evidence,
    change: { change: 'retype', field: field.name, to },
    unsafe: 'a table cannot change the type of a column',
    ...more,
  });
  const unread = 1 - share(counts, (text) => readable(type, text));
  const to = best(profile);
  if (unread >= UNREAD)
    return told(
      to,
      unread,
      [`${percent(unread)} of the values cannot be read as ${type.is}`, `They can be read as ${to}`],
      { blocks: false },
    );
  if (!before || before.records < FEW) return undefined;
  const was = best(before);
  // Identifiers and texts read anything: what they look like tells.
  if (type.is === 'id' || type.is === 'text') {
    const same = Object.entries(profile.outlines).reduce(
      (sum, [name, of]) => sum + Math.min(of, before.outlines[name] ?? 0),
      0,
    );
    const drawn = Object.values(before.outlines).reduce((sum, of) => sum + of, 0);
    if (drawn < 0.6 || same > 0.2) return undefined;
    return told(
      to,
      (1 - same) * drawn,
      [`${percent(1 - same)} of the values look like none so far`, `They were ${was} and are ${to}`],
      type.is === 'id' ? {} : { change: undefined, unsafe: undefined },
    );
  }
  if (
    (type.is === 'decimal' || type.is === 'float') &&
    (before.reads.int ?? 0) < 0.6 &&
    profile.reads.int === 1
  )
    return told(
      'int',
      0.8,
      ['All values are whole numbers, which they were not', 'They still fit: nothing has to change'],
      {
        change: undefined,
        unsafe: 'narrowing would refuse what came before',
      },
    );
  return undefined;
};

/** Whether a text is of a type, even where it lies outside of what that type holds. */
function readable(type: Scalar, text: string): boolean {
  const read = kindOf(type).read(type, text);
  return read.ok || read.fault === 'out_of_range';
}

const WORDS: readonly (readonly [reading: string, word: string])[] = [
  ['int', 'int'],
  ['decimal', 'decimal'],
  ['comma', 'decimal with a comma'],
  ['boolean', 'boolean'],
];
function best({ reads }: ColumnProfile): string {
  const word = WORDS.find(([name]) => (reads[name] ?? 0) >= NEARLY)?.[1];
  const moment = Object.entries(reads).find(([name, of]) => name.includes(':') && of >= NEARLY)?.[0];
  return word ?? moment?.split(':', 1)[0] ?? 'text';
}
