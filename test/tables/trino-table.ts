/** What Trino says of one table, against what Wharf says of it. */
import { ident } from '../../core/contract/text.ts';
import type { Wanted } from '../../core/lake/schema.ts';
import type { Lake } from '../../platform/query.ts';
import type { Described } from './table.ts';
import { allAgree, plain, type Readings } from './trino-check.ts';
import { type Trino, text } from './trino-server.ts';

/** A table in a catalog of Trino's. */
export interface Seen {
  readonly trino: Trino;
  readonly catalog: string;
  readonly lake: Lake;
  readonly table: Described;
}

/** The table, or one of those Trino keeps about it, as Trino names it. */
const named = ({ catalog, table }: Seen, about = ''): string => {
  const [schema, name] = table.name.split('.') as [string, string];
  return `${catalog}.${ident(schema)}.${ident(name + about)}`;
};

const rowsOf = async (seen: Seen, sql: string) => (await seen.trino.query(sql)).rows;

/** Rows as sorted text: tables have no order. */
const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

const checks: readonly (readonly [
  title: (t: Described) => string,
  read: (seen: Seen) => Promise<Readings>,
])[] = [
  [() => 'names, types and order of the columns are the contract’s', columns],
  [(t) => `every value of its ${t.accepted} rows is the one \`wharf query\` reads`, values],
  [
    (t) => `$snapshots and $history list its ${t.snapshots.length} snapshots, with their summaries`,
    snapshots,
  ],
  [() => 'FOR VERSION AS OF shows the rows each snapshot’s summary counts', timeTravel],
  [(t) => `$files lists its ${t.files.length} files, with rows and bytes; $manifests the manifests`, files],
  [(t) => `$partitions counts rows by ${names(t) || 'nothing'}`, partitions],
  [(t) => `filters on ${t.mustPrune.join(', ') || 'nothing'} lose no row and skip files`, pruning],
];

const names = (table: Described): string => table.partitionBy.map(({ name }) => name).join(', ');

/** @returns whether all agree */
export async function judgeTable(seen: Seen): Promise<boolean> {
  const { trino, catalog, table } = seen;
  await trino.register(catalog, table.name, table.metadata);
  return allAgree(
    checks.map(([title, read]) => [`${table.name}: ${title(table)}`, () => read(seen)] as const),
  );
}

const types: Readonly<Record<string, string>> = {
  string: 'varchar',
  long: 'bigint',
  timestamptz: 'timestamp(6) with time zone',
};

/** An Iceberg type in Trino's words. */
function trinoType(type: Wanted): string {
  if (typeof type === 'string') return types[type] ?? type;
  if ('list' in type) return `array(${trinoType(type.list)})`;
  return `row(${type.struct.map((f) => `${f.name} ${trinoType(f.type)}`).join(', ')})`;
}

async function columns(seen: Seen): Promise<Readings> {
  const answer = await seen.trino.query(`SELECT * FROM ${named(seen)} LIMIT 0`);
  const ours = seen.table.columns.map((c) => [c.name, trinoType(c.type)]);
  return [ours, answer.columns.map((c) => [c.name, c.type.replaceAll('"', '')])];
}

async function values(seen: Seen): Promise<Readings> {
  const { lake, table } = seen;
  const ours = (await lake.query(`SELECT * FROM ${table.name}`)).rows.map((row) =>
    table.columns.map((c) => plain(c.type, row[c.name])),
  );
  const theirs = (await rowsOf(seen, `SELECT * FROM ${named(seen)}`)).map((row) =>
    table.columns.map((c, i) => plain(c.type, row[i])),
  );
  return [
    [table.accepted, ...sorted(ours)],
    [theirs.length, ...sorted(theirs)],
  ];
}

async function snapshots(seen: Seen): Promise<Readings> {
  const ours = seen.table.snapshots.map(({ id, parent, manifestList, summary }) => {
    const { operation, ...rest } = summary;
    return [id, parent ?? null, manifestList, operation, rest];
  });
  const about = 'SELECT snapshot_id, parent_id, manifest_list, operation, summary';
  const theirs = await rowsOf(seen, `${about} FROM ${named(seen, '$snapshots')} ORDER BY committed_at`);
  const history = await rowsOf(
    seen,
    `SELECT snapshot_id FROM ${named(seen, '$history')} WHERE is_current_ancestor ORDER BY made_current_at`,
  );
  return [
    [ours, ours.map(([id]) => id)],
    [
      theirs.map(([id, parent, ...rest]) => [String(id), parent === null ? null : String(parent), ...rest]),
      history.map(([id]) => String(id)),
    ],
  ];
}

async function timeTravel(seen: Seen): Promise<Readings> {
  const counts = [];
  for (const { id } of seen.table.snapshots)
    counts.push(...(await rowsOf(seen, `SELECT count(*) FROM ${named(seen)} FOR VERSION AS OF ${id}`)));
  return [seen.table.snapshots.map(({ summary }) => [Number(summary['total-records'])]), counts];
}

async function files(seen: Seen): Promise<Readings> {
  const listed = await rowsOf(
    seen,
    `SELECT file_path, record_count, file_size_in_bytes FROM ${named(seen, '$files')}`,
  );
  const manifests = await rowsOf(seen, `SELECT path FROM ${named(seen, '$manifests')}`);
  const { table } = seen;
  return [
    [sorted(table.files.map((f) => [f.path, f.records, f.bytes])), [...table.manifests].sort()],
    [sorted(listed), manifests.flat().sort()],
  ];
}

/** What a transform makes of a column, in DuckDB; none for buckets: that their numbers are right is seen in `pruning`. */
const transforms: Readonly<Record<string, (column: string, width: number) => string>> = {
  identity: (c) => c,
  year: (c) => `year(${c}) - 1970`,
  month: (c) => `(year(${c}) - 1970) * 12 + month(${c}) - 1`,
  day: (c) => `${c}::DATE`,
  'truncate:string': (c, width) => `left(${c}, ${width})`,
  'truncate:long': (c, width) => `${c} - ((${c} % ${width}) + ${width}) % ${width}`,
};

async function partitions(seen: Seen): Promise<Readings> {
  const { table, lake } = seen;
  const total = await rowsOf(
    seen,
    `SELECT coalesce(sum(record_count), 0), coalesce(sum(file_count), 0) FROM ${named(seen, '$partitions')}`,
  );
  const sums: Readings = [[[table.accepted, table.files.length]], total];
  const by = table.partitionBy.flatMap(({ field, transform }) => {
    const [name, width] = transform.split(/[[\]]/) as [string, string?];
    const type = table.columns.find((c) => c.name === field)!.type;
    const sql = transforms[name] ?? transforms[`${name}:${type}`];
    return sql ? [sql(ident(field), Number(width))] : [];
  });
  if (by.length === 0 || by.length < table.partitionBy.length) return sums;
  const { rows: ours } = await lake.query(
    `SELECT ${by.map((sql, i) => `${sql} AS "${i}"`).join(', ')}, count(*) AS n FROM ${table.name} GROUP BY ALL`,
  );
  const theirs = await rowsOf(
    seen,
    `SELECT ${table.partitionBy.map((p) => `partition.${ident(p.name)}`).join(', ')}, sum(record_count)
     FROM ${named(seen, '$partitions')} GROUP BY ${by.map((_, i) => i + 1).join(', ')}`,
  );
  const words = (rows: readonly (readonly unknown[])[]) =>
    sorted(rows.map((row) => row.map((value) => plain('string', value))));
  return [
    [sums[0], words(ours.map((row) => Object.values(row)))],
    [sums[1], words(theirs)],
  ];
}

const literals: Readonly<Record<string, (value: string) => string>> = {
  string: text,
  date: (value) => `DATE ${text(value)}`,
  timestamptz: (value) => `TIMESTAMP ${text(`${value} UTC`)}`,
};

/** Asks for the smallest and the largest value of each column: as many rows as ours, and not every file is opened. */
async function pruning(seen: Seen): Promise<Readings> {
  const { table, lake } = seen;
  const ours: unknown[][] = [];
  const theirs: unknown[][] = [];
  for (const column of table.mustPrune) {
    const type = table.columns.find((c) => c.name === column)!.type as string;
    const { rows } = await lake.query(
      `SELECT ${ident(column)} AS v, count(*) AS n FROM ${table.name} WHERE v IS NOT NULL GROUP BY 1 ORDER BY 1`,
    );
    let skipped = 0;
    for (const { v, n } of new Set([rows[0]!, rows.at(-1)!])) {
      const value = plain(type, v) as string;
      const question = `FROM ${named(seen)} WHERE ${ident(column)} = ${(literals[type] ?? String)(value)}`;
      const [found] = await rowsOf(seen, `SELECT count(*), count(DISTINCT "$path") ${question}`);
      const planned = await filesPlanned(seen, `SELECT count(*) ${question}`);
      ours.push([column, value, Number(n), 'opens the files that hold it']);
      theirs.push([
        column,
        value,
        found![0],
        planned < Number(found![1]) ? 'opens too few' : ours.at(-1)![3],
      ]);
      skipped += table.files.length - planned;
    }
    ours.push([column, table.files.length > 1]);
    theirs.push([column, skipped > 0]);
  }
  return [ours, theirs];
}

/** How many data files Trino means to open for a query. */
async function filesPlanned(seen: Seen, sql: string): Promise<number> {
  const plan = String((await rowsOf(seen, `EXPLAIN ANALYZE VERBOSE ${sql}`))[0]);
  const found = /'dataFiles' = LongCount\{total=(\d+)\}/.exec(plan);
  if (!found) throw new Error(`the plan names no data files: ${plan}`);
  return Number(found[1]);
}
