/** Step 8 of a file's way: one JSON document about a delivery that a person or a script can read beside the data. */
import type { Contract } from '../../core/contract/model.ts';
import { sqlType } from '../../core/contract/sql-type.ts';
import { companionPath, type Manifest } from '../../core/delivery/model.ts';
import type { WrittenEntry } from './model.ts';

/** The document's path and bytes, from the entry as it closes. */
export function companion(
  entry: WrittenEntry,
  manifest: Manifest,
  contract: Contract,
): [path: string, bytes: Uint8Array] {
  const nulls = (name: string) =>
    manifest.data.reduce((sum, file) => sum + (file.columns[name]?.nulls ?? 0), 0);
  const { bucket, key, version, bytes, etag, sha256 } = entry;
  const { landed_at, started_at, ended_at, ms } = entry;
  const { read, accepted, quarantined, duplicate } = manifest;
  const document = {
    delivery: entry.delivery,
    dataset: contract.name,
    state: entry.state,
    snapshot: entry.snapshot,
    source: { bucket, key, version, bytes, etag, sha256 },
    ...{ landed_at, started_at, ended_at, ms },
    books: { read, accepted, quarantined, duplicate },
    reasons: manifest.reasons,
    drift: manifest.drift,
    columns: contract.fields.map(({ name, type }) => ({ name, type: sqlType(type), nulls: nulls(name) })),
    files: [...manifest.data, ...manifest.quarantine].map(({ path, records, bytes }) => ({
      path,
      records,
      bytes,
    })),
  };
  return [companionPath(entry), new TextEncoder().encode(JSON.stringify(document, undefined, 2))];
}
