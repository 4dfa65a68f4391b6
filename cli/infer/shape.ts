/** The shape of values of any depth: lists and objects are taken apart until single values are left. */
import { jsonText } from '../../core/contract/sql-type.ts';
import type { Session } from '../../platform/engine/duckdb.ts';
import type { Column, Shape, Values } from './model.ts';
import { guessValue } from './value.ts';

/** An object with more keys than that is a map: its keys are data. */
const KEYS = 200;

let tables = 0;

/** A name with its text and container, as SQL over some relation. */
export interface Part {
  readonly name: string;
  readonly text: string;
  readonly container: string;
}

/** Keeps parts of a relation as a table of their own, and looks at each. */
export async function shapesOf(session: Session, parts: readonly Part[], from: string): Promise<Column[]> {
  const table = `values${tables++}`;
  const columns = parts.map((part, i) => `${part.text} AS t${i}, ${part.container} AS c${i}`);
  await session.run(`CREATE TABLE ${table} AS SELECT ${columns.join(', ')} FROM ${from}`);
  const found: Column[] = [];
  for (const [i, { name }] of parts.entries())
    found.push({
      header: name,
      ...(await shapeOf(session, name, { table, text: `t${i}`, container: `c${i}` })),
    });
  return found;
}

/** The keys of all objects of a relation, each as a part, in the order they first appear. */
export async function keysOf(session: Session, json: string, from: string): Promise<Part[]> {
  const keys = await session.rows(
    `SELECT k FROM (SELECT unnest(json_keys(j)) AS k, generate_subscripts(json_keys(j), 1) AS place, n FROM (SELECT ${json} AS j, row_number() OVER () AS n FROM ${from})) GROUP BY k ORDER BY min(n), min(place)`,
  );
  return keys.map(({ k }) => {
    const { sql, container } = jsonText(json, String(k), { is: 'text', patterns: [] });
    return { name: String(k), text: sql, container };
  });
}

interface Found {
  readonly shape: Shape;
  readonly optional: boolean;
}

async function shapeOf(session: Session, name: string, values: Values): Promise<Found> {
  const { table, text, container } = values;
  const type = `CASE WHEN ${container} IS NOT FALSE AND regexp_matches(${text}, '^\\s*[\\[{]') AND json_valid(${text}) THEN json_type(${text}) END`;
  const facts = await session.row(
    `SELECT count(*) AS rows, count(t) AS present, count_if(j = 'ARRAY') AS lists, count_if(j = 'OBJECT') AS objects, count_if(c) AS containers FROM (SELECT ${text} AS t, ${container} AS c, ${type} AS j FROM ${table})`,
  );
  const [rows, present, lists, objects, containers] = [
    'rows',
    'present',
    'lists',
    'objects',
    'containers',
  ].map((fact) => Number(facts[fact])) as [number, number, number, number, number];
  const optional = present < rows;
  if (present > 0 && lists === present) return { optional, shape: await listOf(session, name, values) };
  if (present > 0 && objects === present) return { optional, shape: await objectOf(session, values) };
  if (containers > 0)
    return { optional, shape: { is: 'unknown', why: 'single values, lists and objects mixed' } };
  return guessValue(session, name, values);
}

async function listOf(session: Session, name: string, { table, text }: Values): Promise<Shape> {
  const from = `(SELECT unnest(json_extract(${text}, '$[*]')) AS e FROM ${table} WHERE ${text} IS NOT NULL)`;
  const { sql, container } = jsonText('e', undefined, { is: 'text', patterns: [] });
  const [items] = await shapesOf(session, [{ name, text: sql, container }], from);
  const { none } = await session.row(`SELECT count(*) = 0 AS none FROM ${from}`);
  if (items!.optional && !none) return { is: 'unknown', why: 'a list with empty elements' };
  return { is: 'list', items: items!.shape };
}

async function objectOf(session: Session, { table, text }: Values): Promise<Shape> {
  const from = `(SELECT ${text} AS o FROM ${table} WHERE ${text} IS NOT NULL)`;
  const keys = await keysOf(session, 'o', from);
  const different = new Set(keys.map(({ name }) => name.toLowerCase()));
  if (keys.length === 0) return { is: 'unknown', why: 'objects without a key' };
  if (keys.length > KEYS) return { is: 'unknown', why: `objects with ${keys.length} different keys: a map` };
  if (different.size < keys.length || different.has(''))
    return { is: 'unknown', why: 'objects whose keys differ only in case, or are empty' };
  return { is: 'object', members: await shapesOf(session, keys, from) };
}
