/** Plans a commit: which documents to write so that a table shows new deliveries and no longer shows others. */
import type { Partition } from '../contract/model.ts';
import { WharfError } from '../errors.ts';
import { type Logged, logPrevious, logProperties } from './log.ts';
import {
  ADDED,
  DELETED,
  EXISTING,
  type ManifestEntry,
  type ManifestListEntry,
  manifestFile,
  readManifest,
  readManifestList,
  writeManifest,
  writeManifestList,
} from './manifest.ts';
import {
  committedDeliveries,
  currentSnapshot,
  DELIVERIES,
  deliveryOf,
  formatMetadata,
  type Snapshot,
  type SnapshotId,
  type TableMetadata,
  versionOf,
} from './metadata.ts';
import type { DataFile, Files } from './model.ts';
import { evolveSpec } from './partition.ts';
import { evolveSchema, type IcebergSchema, type WantedField } from './schema.ts';

export interface Change {
  readonly location: string;
  readonly columns: readonly WantedField[];
  readonly partitionBy: readonly Partition[];
  readonly append: readonly DataFile[];
  /** Deliveries whose rows leave the table. */
  readonly remove: readonly string[];
  /** Deliveries this commit settles; recorded in the snapshot, so that none is committed twice. */
  readonly deliveries: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Unique to this attempt, at least 32 hexadecimal digits: names and ids are made of it. */
  readonly nonce: string;
}

export interface Plan {
  readonly metadata: TableMetadata;
  readonly metadataPath: string;
  readonly writes: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  readonly snapshotId: SnapshotId;
  /** Files nobody needs once the pointer is swapped. */
  readonly obsolete: readonly string[];
}

/** Beyond this many manifests a commit merges the small ones, so that planning a scan stays flat. */
const MAX_MANIFESTS = 100;
const SMALL_MANIFEST = 1000;

/** What a commit starts from: the current metadata and its path, or nothing for a new table. */
export interface Base {
  readonly metadata: TableMetadata;
  readonly path: string;
}

/**
 * Plans a commit on `base`. Undefined: everything was committed before.
 * The caller writes `writes`, swaps the catalog's pointer to `metadataPath` and then deletes what is `obsolete`.
 * @throws WharfError `lake.incompatible_type`
 */
export async function planCommit(
  base: Base | undefined,
  change: Change,
  files: Files,
): Promise<Plan | undefined> {
  const done = base ? committedDeliveries(base.metadata) : new Map<string, SnapshotId>();
  const fresh = new Set(change.deliveries.filter((delivery) => !done.has(delivery)));
  if (fresh.size === 0) return undefined;
  const append = change.append.filter(({ path }) => fresh.has(deliveryOf(path)));
  const head = evolveHead(base?.metadata, change);
  const sequence = (base?.metadata['last-sequence-number'] ?? 0) + 1;
  // 52 bits: exact also where others read ids as JavaScript numbers.
  const snapshotId = BigInt(`0x${change.nonce.slice(0, 13)}`);
  const at = { change, head, sequence, snapshotId };
  const before = base
    ? await readManifestList(await files.read(currentSnapshot(base.metadata)['manifest-list']))
    : [];
  const removal = await removeDeliveries(before, base?.metadata, at, files);
  const added = append.length ? [await appendManifest(append, at)] : [];
  if (added.length === 0 && removal.removed.files === 0) return undefined;
  const merged = await mergeSmall(
    [...removal.kept, ...removal.rewritten.map((r) => r.listed)],
    removal.rewritten,
    at,
    files,
  );
  const manifests = [...added.map((m) => m.listed), ...merged.listed];
  const list = {
    path: `${change.location}/metadata/snap-${snapshotId}-${change.nonce}.avro`,
    bytes: await writeManifestList(manifests, {
      snapshotId,
      parent: base?.metadata['current-snapshot-id'],
      sequence,
    }),
  };
  const snapshot: Snapshot = {
    'snapshot-id': snapshotId,
    ...(base ? { 'parent-snapshot-id': base.metadata['current-snapshot-id'] } : {}),
    'sequence-number': sequence,
    'timestamp-ms': change.now,
    'manifest-list': list.path,
    'schema-id': head.schema['schema-id'],
    summary: summary(base?.metadata, append, removal.removed, [...fresh]),
  };
  const { log, obsolete } = base ? logPrevious(base) : { log: [], obsolete: [] };
  const metadata = withSnapshot(base?.metadata, head, snapshot, log, change);
  const metadataPath = `${change.location}/metadata/${String(versionOf(base?.path) + 1).padStart(5, '0')}-${change.nonce}.metadata.json`;
  const document = { path: metadataPath, bytes: formatMetadata(metadata) };
  return {
    metadata,
    metadataPath,
    snapshotId,
    obsolete,
    writes: [...[...added, ...merged.writes, list].map(({ path, bytes }) => ({ path, bytes })), document],
  };
}

type Head = Pick<TableMetadata, 'schemas' | 'partition-specs' | 'last-column-id' | 'last-partition-id'> & {
  readonly schema: IcebergSchema;
  readonly specId: number;
};

/** The table's schemas and specs after the contract had its say. */
function evolveHead(current: TableMetadata | undefined, { columns, partitionBy }: Change): Head {
  const was = current?.schemas.find((s) => s['schema-id'] === current['current-schema-id']);
  const newest = current?.schemas.reduce((max, s) => Math.max(max, s['schema-id']), 0) ?? 0;
  const evolved = evolveSchema(was, columns, current?.['last-column-id'] ?? 0);
  const changed = was !== undefined && evolved.schema['schema-id'] !== was['schema-id'];
  const schema = changed ? { ...evolved.schema, 'schema-id': newest + 1 } : evolved.schema;
  const specs = current?.['partition-specs'] ?? [];
  const { spec, lastPartitionId } = evolveSpec(
    specs,
    partitionBy,
    schema,
    current?.['last-partition-id'] ?? 0,
  );
  return {
    schema,
    specId: spec['spec-id'],
    schemas: was && !changed ? current!.schemas : [...(current?.schemas ?? []), schema],
    'partition-specs': specs.includes(spec) ? specs : [...specs, spec],
    'last-column-id': evolved.lastColumnId,
    'last-partition-id': lastPartitionId,
  };
}

interface At {
  readonly change: Change;
  readonly head: Head;
  readonly sequence: number;
  readonly snapshotId: SnapshotId;
}

interface Written {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly listed: ManifestListEntry;
}

async function manifest(
  name: string,
  entries: readonly ManifestEntry[],
  specId: number,
  at: At,
): Promise<Written> {
  const path = `${at.change.location}/metadata/${at.change.nonce}-${name}.avro`;
  const spec = at.head['partition-specs'].find((s) => s['spec-id'] === specId)!;
  const { schema } = at.head;
  return {
    path,
    ...(await writeManifest({
      path,
      entries,
      spec,
      schema,
      snapshotId: at.snapshotId,
      sequence: at.sequence,
    })),
  };
}

function appendManifest(append: readonly DataFile[], at: At): Promise<Written> {
  const spec = at.head['partition-specs'].find((s) => s['spec-id'] === at.head.specId)!;
  const entries = append.map((file) => ({
    status: ADDED,
    snapshot_id: at.snapshotId,
    sequence_number: null,
    file_sequence_number: null,
    data_file: manifestFile(file, spec, at.head.schema),
  }));
  return manifest('add', entries, spec['spec-id'], at);
}

interface Tally {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

const tally = (entries: readonly ManifestEntry[]): Tally => ({
  files: entries.length,
  rows: entries.reduce((sum, { data_file }) => sum + data_file.record_count, 0),
  bytes: entries.reduce((sum, { data_file }) => sum + data_file.file_size_in_bytes, 0),
});

/** Rewrites the manifests that list files of removed deliveries; the others stay as they are. */
async function removeDeliveries(
  before: readonly ManifestListEntry[],
  metadata: TableMetadata | undefined,
  at: At,
  files: Files,
) {
  const live = before.filter((m) => m.added_files_count + m.existing_files_count > 0);
  const gone = new Set(at.change.remove);
  if (gone.size === 0 || !metadata) return { kept: live, rewritten: [] as Written[], removed: tally([]) };
  const kept: ManifestListEntry[] = [];
  const rewrites: Written[] = [];
  const removed: ManifestEntry[] = [];
  for (const listed of live) {
    const entries = (await readManifest(await files.read(listed.manifest_path), listed)).filter(
      (e) => e.status !== DELETED,
    );
    const moved = entries.find((entry) => mayHold(entry, gone, at.head.schema));
    if (moved) throw rewritten(moved.data_file.file_path);
    const leaving = entries.filter(({ data_file }) => gone.has(deliveryOf(data_file.file_path)));
    if (leaving.length === 0) {
      kept.push(listed);
      continue;
    }
    removed.push(...leaving);
    const after = entries.map((entry) =>
      leaving.includes(entry)
        ? { ...entry, status: DELETED, snapshot_id: at.snapshotId }
        : { ...entry, status: EXISTING },
    );
    rewrites.push(await manifest(`rewrite${rewrites.length}`, after, listed.partition_spec_id, at));
  }
  return { kept, rewritten: rewrites, removed: tally(removed) };
}

/** Whether a file that is not a delivery's own takes it in by the bounds of `_delivery`: somebody else moved rows there. */
function mayHold(
  { data_file: file }: ManifestEntry,
  gone: ReadonlySet<string>,
  { fields }: IcebergSchema,
): boolean {
  if (gone.has(deliveryOf(file.file_path))) return false;
  const column = fields.find(({ name }) => name === '_delivery')?.id;
  const [low, high] = [file.lower_bounds, file.upper_bounds].map(
    (bounds) => bounds?.find(({ key }) => key === column)?.value,
  );
  const within = (id: Buffer) => low && high && Buffer.compare(low, id) <= 0 && Buffer.compare(id, high) <= 0;
  return [...gone].some((delivery) => within(Buffer.from(delivery)));
}

const rewritten = (path: string): WharfError =>
  new WharfError(`Another program moved rows of a delivery to ${path}: they cannot be taken back by file`, {
    code: 'lake.rewritten',
    fix: "Roll the table back to the snapshot before that, or delete the delivery's rows there (WHERE _delivery = …) and land the file under a new name",
  });

/** Joins small manifests of one spec once there are too many. Entries keep their sequence numbers. */
async function mergeSmall(
  listed: readonly ManifestListEntry[],
  fresh: readonly Written[],
  at: At,
  files: Files,
) {
  const untouched = new Set(fresh.map(({ path }) => path));
  const small = listed.filter(
    (m) =>
      !untouched.has(m.manifest_path) &&
      m.content === 0 &&
      m.added_files_count + m.existing_files_count < SMALL_MANIFEST &&
      m.partition_spec_id === at.head.specId,
  );
  if (listed.length < MAX_MANIFESTS || small.length < 2) return { listed, writes: fresh };
  const entries: ManifestEntry[] = [];
  for (const m of small) {
    const all = await readManifest(await files.read(m.manifest_path), m);
    entries.push(
      ...all.filter(({ status }) => status !== DELETED).map((entry) => ({ ...entry, status: EXISTING })),
    );
  }
  const joined = await manifest('merge', entries, at.head.specId, at);
  return { listed: [joined.listed, ...listed.filter((m) => !small.includes(m))], writes: [...fresh, joined] };
}

function summary(
  current: TableMetadata | undefined,
  append: readonly DataFile[],
  removed: Tally,
  deliveries: readonly string[],
): Record<string, string> {
  const before = current ? currentSnapshot(current).summary : {};
  const added = {
    files: append.length,
    rows: append.reduce((sum, { records }) => sum + records, 0),
    bytes: append.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const total = (name: string, plus: number, minus: number) =>
    String(Number(before[`total-${name}`] ?? 0) + plus - minus);
  return {
    operation: removed.files > 0 ? 'overwrite' : 'append',
    'added-data-files': String(added.files),
    'added-records': String(added.rows),
    'added-files-size': String(added.bytes),
    ...(removed.files > 0
      ? {
          'deleted-data-files': String(removed.files),
          'deleted-records': String(removed.rows),
          'removed-files-size': String(removed.bytes),
        }
      : {}),
    'total-data-files': total('data-files', added.files, removed.files),
    'total-records': total('records', added.rows, removed.rows),
    'total-files-size': total('files-size', added.bytes, removed.bytes),
    'total-delete-files': '0',
    'total-position-deletes': '0',
    'total-equality-deletes': '0',
    [DELIVERIES]: deliveries.join(','),
  };
}

function withSnapshot(
  metadata: TableMetadata | undefined,
  head: Head,
  snapshot: Snapshot,
  log: Logged['log'],
  change: Change,
): TableMetadata {
  const id = snapshot['snapshot-id'];
  const uuid = `${change.nonce.slice(0, 8)}-${change.nonce.slice(8, 12)}-4${change.nonce.slice(13, 16)}-a${change.nonce.slice(17, 20)}-${change.nonce.slice(20, 32)}`;
  return {
    // What others added stays: branches, tags, an order of rows, statistics, properties.
    'sort-orders': [{ 'order-id': 0, fields: [] }],
    'default-sort-order-id': 0,
    properties: {
      'write.format.default': 'parquet',
      'write.parquet.compression-codec': 'zstd',
      ...logProperties,
    },
    ...metadata,
    'format-version': 2,
    'table-uuid': metadata?.['table-uuid'] ?? uuid,
    location: change.location,
    'last-sequence-number': snapshot['sequence-number'],
    'last-updated-ms': change.now,
    'last-column-id': head['last-column-id'],
    'current-schema-id': head.schema['schema-id'],
    schemas: head.schemas,
    'default-spec-id': head.specId,
    'partition-specs': head['partition-specs'],
    'last-partition-id': head['last-partition-id'],
    'current-snapshot-id': id,
    snapshots: [...(metadata?.snapshots ?? []), snapshot],
    'snapshot-log': [
      ...(metadata?.['snapshot-log'] ?? []),
      { 'timestamp-ms': change.now, 'snapshot-id': id },
    ],
    'metadata-log': log,
    refs: { ...metadata?.refs, main: { ...metadata?.refs.main, 'snapshot-id': id, type: 'branch' } },
  };
}
