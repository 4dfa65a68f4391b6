/** What a delivery did, as run events of OpenLineage 2-0-2: one `START` and one `COMPLETE`, for whoever draws lineage. */
import type { Contract } from '../contract/model.ts';
import { sqlType } from '../contract/sql-type.ts';
import type { Delivery, Manifest } from '../delivery/model.ts';

const PRODUCER = 'urn:wharf:pipeline';
const SPEC = 'https://openlineage.io/spec';
const FACETS = `${SPEC}/facets`;

interface Facet {
  readonly _producer: string;
  readonly _schemaURL: string;
}

export interface LineageDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets?: Readonly<Record<string, Facet>>;
  readonly outputFacets?: Readonly<Record<string, Facet>>;
}

export interface RunEvent {
  readonly eventType: 'START' | 'COMPLETE';
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly run: { readonly runId: string };
  readonly job: { readonly namespace: string; readonly name: string };
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}

const facet = <T extends object>(of: string, version: string, fields: T): Facet & T => ({
  _producer: PRODUCER,
  _schemaURL: `${FACETS}/${version}/${of}.json#/$defs/${of}`,
  ...fields,
});

export interface Landed {
  /** As it closed. */
  readonly entry: Delivery;
  readonly manifest: Manifest;
  readonly contract: Contract;
  /** Where the two tables stand, `s3://bucket/prefix`. */
  readonly tables: { readonly data: string; readonly quarantine: string };
  /** A UUID that is the same however often the run is told of. */
  readonly runId: string;
}

/** A table by OpenLineage's names for what stands in S3, with what one run brought to it. */
function output(
  location: string,
  files: Manifest['data'],
  more: Readonly<Record<string, Facet>>,
): LineageDataset {
  const [, bucket = '', name = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location) ?? [];
  const sum = (of: (file: Manifest['data'][number]) => number) => files.reduce((n, file) => n + of(file), 0);
  const statistics = { rowCount: sum((f) => f.records), size: sum((f) => f.bytes), fileCount: files.length };
  return {
    ...{ namespace: `s3://${bucket}`, name, facets: more },
    outputFacets: {
      outputStatistics: facet('OutputStatisticsOutputDatasetFacet', '1-0-2', statistics),
    },
  };
}

/** The events of a delivery: what it read, and the rows it brought to the table and to the quarantine. */
export function runEvents({ entry, manifest, contract, tables, runId }: Landed): RunEvent[] {
  const fields = contract.fields.map(({ name, type }) => ({ name, type: sqlType(type) }));
  const schema = facet('SchemaDatasetFacet', '1-1-1', { fields });
  const version =
    entry.snapshot && facet('DatasetVersionDatasetFacet', '1-0-1', { datasetVersion: entry.snapshot });
  const written = [
    manifest.data.length > 0 && output(tables.data, manifest.data, { schema, ...(version && { version }) }),
    manifest.quarantine.length > 0 && output(tables.quarantine, manifest.quarantine, {}),
  ].filter((one) => one !== false);
  const event = (eventType: RunEvent['eventType'], eventTime: string): RunEvent => ({
    ...{
      eventType,
      eventTime,
      producer: PRODUCER,
      schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    },
    run: { runId },
    job: { namespace: 'wharf', name: contract.name },
    inputs: [{ namespace: `s3://${entry.bucket}`, name: entry.key }],
    outputs: written,
  });
  return [event('START', entry.started_at), event('COMPLETE', entry.ended_at ?? entry.started_at)];
}
