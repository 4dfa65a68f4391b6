/** The type of single values: the first that reads every one of them. */
import { kindOf, type Scalar } from '../../core/contract/kinds.ts';
import { sqlFullMatch, sqlTrim } from '../../core/contract/text.ts';
import type { Session } from '../../platform/engine/duckdb.ts';
import type { Value, Values } from './model.ts';

/** A guess: the type to test the values with, how it is written, and what to say when all of them fit. */
interface Guess {
  readonly type: Scalar;
  readonly code: string;
  /** Only for columns with such a name. */
  readonly named?: RegExp;
  readonly note?: string;
}

const moment = (is: 'date' | 'instant', formats: string[], note?: string): Guess => ({
  type: { is, formats },
  code: formats[0] === 'iso' ? `${is}()` : `${is}({ formats: ['${formats[0]}'] })`,
  note,
});

const text: Scalar = { is: 'text', patterns: [] };
const measured = /(^|_)(lat|lon|lng|latitude|longitude|rating|score|weight|ratio|percent|temperature)$/i;
const dayOrMonth = 'day first? The values fit month first as well (us): look at the source';

/** Tried in order. */
const guesses: readonly Guess[] = [
  { type: { is: 'int' }, code: 'int()' },
  { type: { is: 'float' }, code: 'float()', named: measured },
  { type: { is: 'decimal', precision: 18, scale: 4 }, code: 'money()' },
  { type: { is: 'float' }, code: 'float()' },
  moment('date', ['iso']),
  moment('instant', ['iso', 'date']),
  moment('date', ['eu'], dayOrMonth),
  moment('date', ['us']),
  moment('date', ['dotted']),
  moment('instant', ['eu'], dayOrMonth),
  moment('instant', ['us']),
  moment('instant', ['dotted']),
];

/** What people take for a number or a date and no type reads. */
const unread: readonly (readonly [pattern: string, note: string])[] = [
  ['[+-]?[0-9]+,[0-9]+', 'numbers with a decimal comma stay text: a number is read with a point'],
  ['[+-]?[0-9]{1,3}([,. ][0-9]{3})+([.,][0-9]+)?', 'numbers with thousands marks stay text'],
  ['[+-]?[$€£¥] ?[0-9.,]+|[0-9.,]+ ?([$€£¥]|[A-Z]{3})', 'amounts with a currency stay text'],
  ['[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}', 'dates with two digits for the year stay text'],
];

/** Names whose numbers identify something and are not to be added up. */
const identifies = /(^|[_\s-])(id|no|nr|number|code|sku|ean|zip|postcode|phone|barcode)$|Id$|ID$|No$|Code$/;
const TRUTHS = "'true', 'false', 'yes', 'no'";
/** An enum has at most so many values, each seen so often on average. */
const MOST = 12;
const OFTEN = 5;

export const literal = (value: string): string =>
  `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

/** Counts that decide, in one scan. */
async function look(session: Session, { table, text: column }: Values) {
  const counts = [
    'count(*) AS rows',
    'count(v) AS present',
    'count(DISTINCT v) AS different',
    `count_if(${sqlFullMatch('v', '0[0-9]+')}) AS zeros`,
    `count_if(${sqlFullMatch('v', '[0-9]+[.]0')}) AS floats`,
    `count_if(lower(v) IN (${TRUTHS})) AS truths`,
    `list_sort(list(DISTINCT v) FILTER (v IS NOT NULL))[:${MOST}] AS some`,
    ...guesses.map(({ type }, i) => `count(${kindOf(type).sql(type, 'v')}) AS guess${i}`),
    ...unread.map(([pattern], i) => `count_if(${sqlFullMatch('v', pattern)}) AS unread${i}`),
  ];
  const facts = await session.row(
    `SELECT ${counts.join(', ')} FROM (SELECT ${sqlTrim(column)} AS v FROM ${table})`,
  );
  return {
    some: (facts.some ?? []) as string[],
    n: (name: string): number => Number(facts[name]),
    all: (name: string): boolean => Number(facts[name]) === Number(facts.present),
  };
}

function choose(header: string, { n, all, some }: Awaited<ReturnType<typeof look>>): Guess {
  if (n('present') === 0)
    return { type: text, code: 'text()', note: 'no value in this file: text until one comes' };
  if (identifies.test(header) || n('zeros') > 0) {
    const floatText = n('floats') > 0;
    return {
      type: { is: 'id', floatText, patterns: [] },
      code: floatText ? 'id({ floatText: true })' : 'id()',
    };
  }
  if (all('truths')) return { type: { is: 'boolean' }, code: 'boolean()' };
  const fits = guesses.filter(({ named }, i) => all(`guess${i}`) && (named?.test(header) ?? true));
  if (fits[0]) return { ...fits[0], note: fits.length > 1 ? fits[0].note : undefined };
  if (n('different') <= MOST && n('present') >= n('different') * OFTEN)
    return { type: { is: 'enum', values: some }, code: `z.enum([${some.map(literal).join(', ')}])` };
  return { type: text, code: 'text()', note: unread.find((_, i) => all(`unread${i}`))?.[1] };
}

/** Guesses the type of values that are neither lists nor objects. */
export async function guessValue(
  session: Session,
  header: string,
  values: Values,
): Promise<{ shape: Value; optional: boolean }> {
  const facts = await look(session, values);
  const { type, code, note } = choose(header, facts);
  const read = kindOf(type).sql(type, sqlTrim(values.text));
  // Two texts may be one value: 1 and 1.0.
  const { different } = await session.row(`SELECT count(DISTINCT ${read}) AS different FROM ${values.table}`);
  const rows = facts.n('rows');
  return {
    shape: { is: 'value', type, code, note, unique: rows > 0 && Number(different) === rows },
    optional: facts.n('present') < rows || rows === 0,
  };
}
