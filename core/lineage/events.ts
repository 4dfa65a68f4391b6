/** What became of a run, as run events of OpenLineage 2-0-2, for whoever draws lineage: how it started, and how it ended. */
import type { Contract } from '../contract/model.ts';
import { sqlType } from '../contract/sql-type.ts';
import { isReplay } from '../delivery/key.ts';
import type { Closed, Delivery, Manifest } from '../delivery/model.ts';
import type { Revision } from '../revision/model.ts';

const PRODUCER = 'urn:wharf:pipeline';
const SPEC = 'https://openlineage.io/spec';
const FACETS = `${SPEC}/facets`;

interface Facet {
  readonly _producer: string;
  readonly _schemaURL: string;
}
type Facets = Readonly<Record<string, Facet>>;

export interface LineageDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets?: Facets;
  readonly outputFacets?: Facets;
}

/** Of those that the specification knows, the ones that end a run. */
export type End = 'COMPLETE' | 'FAIL' | 'ABORT';

export interface RunEvent {
  readonly eventType: 'START' | End;
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly run: { readonly runId: string; readonly facets?: Facets };
  readonly job: { readonly namespace: string; readonly name: string };
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}

/** What tells: how the run of a delivery ends that closes so, and of a revision. Undefined: it has not ended, or tells otherwise. */
export const ends: Readonly<Record<Closed | Exclude<Revision['state'], 'asked'>, End | undefined>> = {
  committed: 'COMPLETE',
  /** The file as a whole: what there is of it stands in the quarantine. */
  refused: 'FAIL',
  failed: 'FAIL',
  /** There was nothing to do. */
  duplicate: 'ABORT',
  held: undefined,
  /** A revision has done it, which is a run of its own. */
  undone: undefined,
  rolled_back: undefined,
  done: 'COMPLETE',
};

const facet = <T extends object>(of: string, version: string, fields: T): Facet & T => ({
  _producer: PRODUCER,
  _schemaURL: `${FACETS}/${version}/${of}.json#/$defs/${of}`,
  ...fields,
});

interface Run {
  /** A UUID that is the same however often the run is told of. */
  readonly runId: string;
  readonly job: string;
  readonly started: string;
  readonly ended: string;
  readonly end: End | undefined;
  readonly error?: string;
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}

function events({ runId, job, started, ended, end, error, inputs, outputs }: Run): RunEvent[] {
  if (!end) return [];
  const errorMessage =
    error && facet('ErrorMessageRunFacet', '1-0-1', { message: error, programmingLanguage: 'TypeScript' });
  const event = (eventType: RunEvent['eventType'], eventTime: string): RunEvent => ({
    ...{ eventType, eventTime, producer: PRODUCER },
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    run: { runId, ...(eventType !== 'START' && errorMessage && { facets: { errorMessage } }) },
    job: { namespace: 'wharf', name: job },
    ...{ inputs, outputs },
  });
  return [event('START', started), event(end, ended)];
}

/** Where the two tables of a dataset stand, `s3://bucket/prefix`. */
interface Locations {
  readonly data: string;
  readonly quarantine: string;
}

/** A table by OpenLineage's names for what stands in S3. */
function table(location: string, version?: string, more?: Facets): LineageDataset {
  const [, bucket = '', name = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location) ?? [];
  const of = version && {
    version: facet('DatasetVersionDatasetFacet', '1-0-1', { datasetVersion: version }),
  };
  return { namespace: `s3://${bucket}`, name, ...((of || more) && { facets: { ...more, ...of } }) };
}

/** A table with what one run brought to it. */
function written(to: LineageDataset, files: Manifest['data']): LineageDataset[] {
  if (files.length === 0) return [];
  const sum = (of: (file: Manifest['data'][number]) => number) => files.reduce((n, file) => n + of(file), 0);
  const statistics = { rowCount: sum((f) => f.records), size: sum((f) => f.bytes), fileCount: files.length };
  const outputStatistics = facet('OutputStatisticsOutputDatasetFacet', '1-0-2', statistics);
  return [{ ...to, outputFacets: { outputStatistics } }];
}

/** What a delivery read: refused rows, posted events, or its file. */
function read({ bucket, key, dataset, engine }: Delivery): LineageDataset {
  const path = dataset.replace('.', '/');
  if (isReplay(key)) return { namespace: `s3://${bucket}`, name: `quarantine/${path}` };
  if (engine === 'node') return { namespace: 'wharf', name: `events/${path}` };
  return { namespace: `s3://${bucket}`, name: key };
}

/** Why a delivery did not get through; never a value. */
const why = ({ error, reasons, duplicate_of, superseded_by }: Delivery): string =>
  error ||
  Object.entries(reasons)
    .map(([reason, rows]) => `${reason} (${rows})`)
    .join(', ') ||
  `its content came with ${duplicate_of ?? superseded_by}`;

export interface Landed {
  /** As it closes. */
  readonly entry: Delivery;
  readonly runId: string;
  /** Absent where it brings nothing into the tables. */
  readonly brought?: {
    readonly manifest: Manifest;
    readonly contract: Contract;
    readonly tables: Locations;
  };
}

/** The events of a delivery: what it read, and the rows it brought to the table and to the quarantine. */
export function deliveryEvents({ entry, runId, brought }: Landed): RunEvent[] {
  const end = ends[entry.state as Closed];
  const { fields = [] } = brought?.contract ?? {};
  const columns = fields.map(({ name, type }) => ({ name, type: sqlType(type) }));
  const schema = facet('SchemaDatasetFacet', '1-2-0', { fields: columns });
  return events({
    ...{ runId, job: entry.dataset, end, error: end === 'COMPLETE' ? undefined : why(entry) },
    ...{ started: entry.started_at, ended: entry.ended_at ?? entry.started_at },
    inputs: [read(entry)],
    outputs: brought
      ? [
          ...written(table(brought.tables.data, entry.snapshot, { schema }), brought.manifest.data),
          ...written(table(brought.tables.quarantine), brought.manifest.quarantine),
        ]
      : [],
  });
}

/** The events of an undo or a rollback, a job of its own for each dataset: the tables as they are after it. */
export function revisionEvents(
  {
    dataset,
    asked,
    at,
    ended_at = at,
    state,
    why,
    outcome = { out: [], back: [], outs: 0, backs: 0 },
  }: Revision,
  tables: Locations,
  runId: string,
): RunEvent[] {
  const { snapshot, quarantine_snapshot } = outcome;
  return events({
    ...{ runId, job: `${dataset}.${asked.what}`, started: at, ended: ended_at },
    ...{ end: state === 'asked' ? undefined : ends[state], error: why?.message },
    inputs: asked.what === 'rollback' ? [table(tables.data, asked.to)] : [table(tables.data)],
    outputs: [
      ...(snapshot ? [table(tables.data, snapshot)] : []),
      ...(quarantine_snapshot ? [table(tables.quarantine, quarantine_snapshot)] : []),
    ],
  });
}
