/** What Trino says of one table, against what Wharf says of it. */
import type { Wanted } from '../../core/lake/schema.ts';
import type { Described } from './table.ts';
import { allAgree, plain, type Readings } from './trino-check.ts';
import { partitions, pruning } from './trino-partitions.ts';
import { named, rowsOf, type Seen, sorted } from './trino-seen.ts';

const partitionNames = (table: Described): string =>
  table.partitionBy.map(({ name }) => ` by ${name}`).join(',');

/** Titles without text: there is nothing to check in such a table. */
const checks: readonly (readonly [
  title: (t: Described) => string | undefined,
  read: (seen: Seen) => Promise<Readings>,
])[] = [
  [() => 'names, types and order of the columns are the contract’s', columns],
  [(t) => `every value of its ${t.accepted} rows is the one \`wharf query\` reads`, values],
  [(t) => `$snapshots and $history list ${t.snapshots.length} snapshots, with their summaries`, snapshots],
  [() => 'FOR VERSION AS OF shows the rows each snapshot’s summary counts', timeTravel],
  [(t) => `$files lists ${t.files.length} files, with rows and bytes; $manifests the manifests`, files],
  [(t) => `$partitions counts rows and files${partitionNames(t)}`, partitions],
  [
    ({ mustPrune }) =>
      mustPrune.length ? `filters on ${mustPrune.join(', ')} lose no row and skip files` : undefined,
    pruning,
  ],
];

/** @returns whether all agree */
export async function judgeTable(seen: Seen): Promise<boolean> {
  const { trino, catalog, table } = seen;
  await trino.register(catalog, table.name, table.metadata);
  return allAgree(
    checks.flatMap(([titled, read]) => {
      const title = titled(table);
      return title ? [[`${table.name}: ${title}`, () => read(seen)] as const] : [];
    }),
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
