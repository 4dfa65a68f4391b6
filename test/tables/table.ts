/** What Wharf says of a table, for a referee to compare: columns, partitions, snapshots, files and rows. */
import { join } from 'node:path';
import type { Contract, Partition } from '../../core/contract/model.ts';
import { parseMetadata } from '../../core/lake/metadata.ts';
import type { Catalog, Files } from '../../core/lake/model.ts';
import { quarantinePartition } from '../../core/lake/partition.ts';
import { liveFiles, manifestsOf } from '../../core/lake/scan.ts';
import { quarantineTableColumns, tableColumns, type WantedField } from '../../core/lake/schema.ts';
import { quarantineTable } from '../../platform/ingest/schemas.ts';
import type { Lake } from '../../platform/query.ts';

/** What a referee needs of an installation. */
export interface Stores {
  readonly catalog: Catalog;
  readonly objects: Files;
  readonly lake: Lake;
}

/** A table as it ought to be: what the contract declares and the ledger counts. */
export interface Ought {
  readonly name: string;
  readonly columns: readonly WantedField[];
  readonly partitionBy: readonly Partition[];
  readonly accepted: number;
  /** Columns on which at least one filter must skip a file, where there are several. */
  readonly mustPrune: readonly string[];
}

/** The two tables of a dataset. */
export const tablesOf = (
  c: Contract,
  books: { readonly accepted: number; readonly quarantined: number },
): Ought[] => [
  {
    name: c.name,
    columns: tableColumns(c),
    partitionBy: c.partitionBy,
    accepted: books.accepted,
    mustPrune: [...c.partitionBy.map(({ field }) => field), ...c.key.slice(0, 1)],
  },
  {
    name: quarantineTable(c.name),
    columns: quarantineTableColumns,
    partitionBy: quarantinePartition,
    accepted: books.quarantined,
    mustPrune: [],
  },
];

const transformText = (p: Partition): string =>
  p.transform === 'bucket'
    ? `bucket[${p.buckets}]`
    : p.transform === 'truncate'
      ? `truncate[${p.width}]`
      : p.transform;

export type Described = Awaited<ReturnType<typeof describeTable>>;

/** Everything Wharf says of a table now, as JSON; its rows go into a Parquet file in `dir`. */
export async function describeTable(ought: Ought, { catalog, objects, lake }: Stores, dir: string) {
  const path = await catalog.current(ought.name);
  if (path === undefined) throw new Error(`there is no table ${ought.name}`);
  const metadata = parseMetadata(await objects.read(path));
  const current = metadata.snapshots.at(-1)!;
  const rows = join(dir, `${ought.name}.parquet`);
  await lake.query(`COPY (SELECT * FROM ${ought.name}) TO '${rows}' (FORMAT parquet)`);
  return {
    ...ought,
    rows,
    metadata: path,
    partitionBy: ought.partitionBy.map((p) => ({
      field: p.field,
      name: p.name,
      transform: transformText(p),
    })),
    schemaId: metadata['current-schema-id'],
    schemas: metadata.schemas.map((s) => s['schema-id']).sort(),
    // Ids go up to 2^63: text holds them all.
    snapshots: metadata.snapshots.map((s) => ({
      id: String(s['snapshot-id']),
      parent: s['parent-snapshot-id'] === undefined ? undefined : String(s['parent-snapshot-id']),
      manifestList: s['manifest-list'],
      summary: s.summary,
    })),
    manifests: (await manifestsOf(current, objects)).map((m) => m.manifest_path),
    files: (await liveFiles(metadata, objects)).map(({ path, records, bytes }) => ({ path, records, bytes })),
  };
}

/** How pyiceberg reaches the local S3. */
export const s3Properties = (
  s3: string,
  keys: { region: string; accessKeyId: string; secretAccessKey: string },
) => ({
  's3.endpoint': s3,
  's3.region': keys.region,
  's3.access-key-id': keys.accessKeyId,
  's3.secret-access-key': keys.secretAccessKey,
  'py-io-impl': 'pyiceberg.io.pyarrow.PyArrowFileIO',
});
