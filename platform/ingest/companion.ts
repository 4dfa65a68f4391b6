/** The companion metadata of a delivery: one JSON document a person or a script can read beside the data. */

import type { Contract } from '../../core/contract/model.ts';
import { duckdbType } from '../../core/contract/sql.ts';
import type { Delivery, Manifest } from '../../core/delivery/model.ts';
import type { LakePaths } from './publish.ts';

/** The document's path and bytes. The same delivery writes the same path. */
export function companion(
  entry: Delivery,
  manifest: Manifest,
  contract: Contract,
  paths: LakePaths,
  now: Date,
): [path: string, bytes: Uint8Array] {
  const nulls = (name: string) =>
    manifest.data.reduce((sum, file) => sum + (file.columns[name]?.nulls ?? 0), 0);
  const document = {
    delivery: entry.delivery,
    dataset: contract.name,
    source: {
      bucket: entry.bucket,
      key: entry.key,
      version: entry.version,
      bytes: entry.bytes,
      etag: entry.etag,
      sha256: manifest.sha256,
    },
    landed_at: entry.landed_at,
    ingested_at: now.toISOString(),
    ingest_ms: now.getTime() - Date.parse(entry.started_at),
    books: {
      read: manifest.read,
      accepted: manifest.accepted,
      quarantined: manifest.quarantined,
      duplicate: manifest.duplicate,
    },
    reasons: manifest.reasons,
    drift: manifest.drift,
    columns: contract.fields.map(({ name, type }) => ({ name, type: duckdbType(type), nulls: nulls(name) })),
    files: [...manifest.data, ...manifest.quarantine].map(({ path, records, bytes }) => ({
      path,
      records,
      bytes,
    })),
  };
  const json = JSON.stringify(document, undefined, 2);
  return [`${paths.deliveries}/${entry.delivery}.metadata.json`, new TextEncoder().encode(json)];
}
