/** Partitions and filters of one table: what Trino counts, and which files it leaves closed. */
import { ident } from '../../core/contract/text.ts';
import { plain, type Readings } from './trino-check.ts';
import { text } from './trino-client.ts';
import { named, rowsOf, type Seen, sorted } from './trino-seen.ts';

/** What a transform makes of a column, in DuckDB; none for buckets: that their numbers are right is seen in `pruning`. */
const transforms: Readonly<Record<string, (column: string, width: number) => string>> = {
  identity: (c) => c,
  year: (c) => `year(${c}) - 1970`,
  month: (c) => `(year(${c}) - 1970) * 12 + month(${c}) - 1`,
  day: (c) => `${c}::DATE`,
  'truncate:string': (c, width) => `left(${c}, ${width})`,
  'truncate:long': (c, width) => `${c} - ((${c} % ${width}) + ${width}) % ${width}`,
};

export async function partitions(seen: Seen): Promise<Readings> {
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
export async function pruning(seen: Seen): Promise<Readings> {
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
