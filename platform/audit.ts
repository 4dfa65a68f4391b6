/** Audits a dataset as it stands in the ledger and the lake; core/audit has the rules. */
import { audit } from '../core/audit/audit.ts';
import type { Audited, AuditedTable, Finding, StoredObject } from '../core/audit/model.ts';
import type { Contract } from '../core/contract/model.ts';
import { parseManifest } from '../core/delivery/manifest.ts';
import type { Delivery, Manifest } from '../core/delivery/model.ts';
import { WharfError } from '../core/errors.ts';
import { parseMetadata, type TableMetadata } from '../core/lake/metadata.ts';
import type { Catalog, Files } from '../core/lake/model.ts';
import { isCompacted, type Roster, readRoster, rosterPath } from '../core/lake/roster.ts';
import { filesOf, liveFiles, manifestsOf } from '../core/lake/scan.ts';
import { lakePaths } from './ingest/publish.ts';
import { quarantineTable } from './ingest/schemas.ts';
import type { Ledger } from './ledger.ts';
import type { ObjectStore } from './objects.ts';
import type { Revisions } from './revisions/revisions.ts';

export interface AuditDeps {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly revisions: Revisions;
  readonly objects: ObjectStore;
  readonly lakeBucket: string;
  readonly now: () => Date;
}

/**
 * Audits a dataset. One that is being written shows things half done, so what looks wrong is looked at twice: only
 * what both looks found is reported.
 */
export async function auditDataset(contract: Contract, deps: AuditDeps): Promise<Finding[]> {
  const first = audit(await gather(contract, deps));
  if (first.length === 0) return first;
  const again = new Set(audit(await gather(contract, deps)).map(identityOf));
  return first.filter((finding) => again.has(identityOf(finding)));
}

/** Deletes the bytes that an audit found nothing to refer to. @returns the findings this settles */
export async function removeOrphans(findings: readonly Finding[], objects: Files): Promise<Finding[]> {
  const orphans = findings.filter(({ severity }) => severity === 'orphan');
  await objects.delete(orphans.flatMap(({ path }) => path ?? []));
  return orphans;
}

const identityOf = ({ code, delivery, path }: Finding): string => [code, delivery, path].join(' ');

async function gather(contract: Contract, deps: AuditDeps): Promise<Audited> {
  const { ledger, objects, lakeBucket, now } = deps;
  const entries = await Array.fromAsync(ledger.list(contract.name));
  const revisions = await Array.fromAsync(deps.revisions.list(contract.name));
  const manifests = await manifestsBy(entries, objects);
  const data = await auditedTable(contract.name, deps);
  const quarantine = await auditedTable(quarantineTable(contract.name), deps);
  const paths = lakePaths(lakeBucket, contract);
  const stored: StoredObject[] = [];
  for (const location of Object.values(paths))
    for await (const object of objects.list(`${location}/`)) stored.push(object);
  return {
    dataset: contract.name,
    entries,
    revisions,
    manifests,
    data,
    quarantine,
    objects: stored,
    now: now(),
  };
}

/** So many manifests are read at a time. */
const AT_ONCE = 16;

async function manifestsBy(
  entries: readonly Delivery[],
  objects: ObjectStore,
): Promise<Map<string, Manifest | undefined>> {
  const found = new Map<string, Manifest | undefined>();
  const named = entries.flatMap(({ delivery, manifest }) => (manifest ? [{ delivery, manifest }] : []));
  for (let i = 0; i < named.length; i += AT_ONCE)
    await Promise.all(
      named.slice(i, i + AT_ONCE).map(async ({ delivery, manifest }) => {
        const bytes = await orMissing(objects.read(manifest));
        found.set(delivery, bytes && parseManifest(bytes));
      }),
    );
  return found;
}

async function orMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof WharfError && error.code === 'file.missing') return undefined;
    throw error;
  }
}

async function auditedTable(table: string, { catalog, objects }: AuditDeps): Promise<AuditedTable> {
  const pointer = await catalog.current(table);
  if (!pointer) return { live: [], rosters: new Map(), kept: new Set() };
  const metadata = parseMetadata(await objects.read(pointer));
  const [live, kept] = [await liveFiles(metadata, objects), await keptPaths(pointer, metadata, objects)];
  const rosters = new Map<string, Roster>();
  for (const { path } of live.filter((file) => isCompacted(file.path))) {
    const roster = await orMissing(readRoster(path, objects));
    if (roster) rosters.set(path, roster);
  }
  return { live, rosters, kept };
}

/** Everything the table's metadata leads to, from all snapshots that are kept. */
async function keptPaths(
  pointer: string,
  metadata: TableMetadata,
  objects: ObjectStore,
): Promise<Set<string>> {
  const kept = new Set([pointer, ...metadata['metadata-log'].map((log) => log['metadata-file'])]);
  for (const snapshot of metadata.snapshots) {
    kept.add(snapshot['manifest-list']);
    for (const manifest of await manifestsOf(snapshot, objects)) {
      if (kept.has(manifest.manifest_path)) continue;
      kept.add(manifest.manifest_path);
      for (const { path } of await filesOf(manifest, objects)) {
        kept.add(path);
        if (isCompacted(path)) kept.add(rosterPath(path));
      }
    }
  }
  return kept;
}
