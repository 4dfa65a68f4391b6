/** Checks ledger, manifests, tables and objects of a dataset against each other. Nothing here writes. */
import { balanced } from '../delivery/books.ts';
import { companionPath, type Delivery, isClosed, isShown, type Manifest } from '../delivery/model.ts';
import { recordsOf } from '../lake/model.ts';
import type { Roster } from '../lake/roster.ts';
import type { Audited, AuditedTable, Finding, Severity } from './model.ts';

/** Under way for longer than this, a delivery is stuck and bytes nobody names are left over. In milliseconds. */
const LONG = 60 * 60 * 1000;

/** What can be wrong: how bad it is, and what to do. */
const kinds = {
  unbalanced: ['error', 'Nothing can be mended by hand: report it with the file, please'],
  manifest_missing: ['error', 'Land the file again: put it under its key once more'],
  manifest_differs: ['error', 'Land the file again: put it under its key once more'],
  rows_missing: ['error', 'Land the file again: put it under its key once more'],
  rows_twice: ['error', "Report it with the table's metadata, please"],
  rows_unknown: ['error', 'Roll the table back to a snapshot before it'],
  rows_taken_out: ['error', 'Redrive the commit queue; if it stays, report it, please'],
  rows_superseded: ['error', 'Redrive the commit queue; if it stays, land the newer file again'],
  object_missing: ['error', 'Restore the version of the object that was deleted, or land the file again'],
  object_differs: ['error', 'Restore the version of the object that was written first'],
  stuck: ['waiting', 'Look into the queues and their dead letters; redrive them'],
  orphan: ['orphan', 'wharf fsck --remove-orphans deletes it'],
} as const satisfies Record<string, readonly [Severity, string]>;

export type FindingCode = keyof typeof kinds;

type Report = (code: FindingCode, what: string, about?: Pick<Finding, 'delivery' | 'path'>) => Finding;

const reporter =
  (dataset: string): Report =>
  (code, what, about = {}) => ({
    ...{ code, severity: kinds[code][0], dataset, ...about, what },
    fix: kinds[code][1],
  });

/**
 * Every finding of a dataset; none: all is well.
 * @example audit(gathered).filter(({ severity }) => severity === 'error') // broken promises
 */
export function audit(audited: Audited): Finding[] {
  const report = reporter(audited.dataset);
  return [
    ...audited.entries.flatMap((entry) => [...checkEntry(entry, audited, report)]),
    ...checkRevisions(audited, report),
    ...checkTable(audited.data, audited, report),
    ...checkTable(audited.quarantine, audited, report),
    ...checkObjects(audited, report),
  ];
}

function* checkEntry(entry: Delivery, { manifests, data, quarantine, now }: Audited, report: Report) {
  const { delivery, state, read, accepted, quarantined, duplicate } = entry;
  if (!balanced(entry))
    yield report(
      'unbalanced',
      `read ${read} ≠ accepted ${accepted} + quarantined ${quarantined} + duplicate ${duplicate}`,
      { delivery },
    );
  const since = now.getTime() - Date.parse(entry.started_at);
  if (!isClosed(state) && since > LONG)
    yield report('stuck', `${state} for ${Math.round(since / 60_000)} minutes`, { delivery });
  if (!isShown(entry)) return;
  const manifest = manifests.get(delivery);
  if (!manifest) {
    yield report('manifest_missing', 'its manifest is not there', { delivery, path: entry.manifest });
    return;
  }
  const told = { data: recordsOf(manifest.data), quarantine: recordsOf(manifest.quarantine) };
  // A release is a row of the quarantine table about a row that was refused earlier.
  const kept = quarantined + (entry.released ?? 0);
  if (told.data !== accepted || told.quarantine !== kept)
    yield report(
      'manifest_differs',
      `its manifest has ${told.data} + ${told.quarantine} rows, the ledger ${accepted} + ${kept}`,
      { delivery },
    );
  yield* checkShown(manifest.data, data, delivery, report);
  yield* checkShown(manifest.quarantine, quarantine, delivery, report);
}

function* checkRevisions({ revisions, now }: Audited, report: Report) {
  for (const { id, asked, at, state } of revisions) {
    const since = now.getTime() - Date.parse(at);
    if (state === 'asked' && since > LONG)
      yield report('stuck', `${asked.what} ${id}, asked for ${Math.round(since / 60_000)} minutes ago`);
  }
}

/** Delivery → how many rows of it a live file shows. */
const sharesIn = (
  { path, delivery, records }: AuditedTable['live'][number],
  { rosters }: AuditedTable,
): Roster => rosters.get(path) ?? { [delivery]: records };

/** A delivery's files are live, all of them, or rewritten into as many rows (compaction). */
function* checkShown(files: Manifest['data'], table: AuditedTable, delivery: string, report: Report) {
  const shown = table.live.reduce((sum, file) => sum + (sharesIn(file, table)[delivery] ?? 0), 0);
  const expected = recordsOf(files);
  if (shown < expected)
    yield report('rows_missing', `the table shows ${shown} of its ${expected} rows`, { delivery });
  if (shown > expected)
    yield report('rows_twice', `the table shows ${shown} rows of it, it has ${expected}`, { delivery });
}

function* checkTable(table: AuditedTable, { entries, objects }: Audited, report: Report) {
  const known = new Map(entries.map((entry) => [entry.delivery, entry]));
  const stored = new Map(objects.map((object) => [object.path, object]));
  const seen = new Set<string>();
  for (const file of table.live) {
    const { path, delivery, bytes } = file;
    if (seen.has(path)) yield report('rows_twice', 'the table lists it twice', { delivery, path });
    seen.add(path);
    for (const delivery of Object.keys(sharesIn(file, table))) {
      const entry = known.get(delivery);
      if (!entry) yield report('rows_unknown', 'no delivery of the ledger wrote it', { delivery, path });
      else if (entry.taken) yield report('rows_taken_out', `it is ${entry.state}`, { delivery, path });
      else if (entry.superseded_by)
        yield report('rows_superseded', `${entry.superseded_by} has taken its place`, { delivery, path });
    }
    const object = stored.get(path);
    if (!object)
      yield report('object_missing', 'the table lists it, the bucket does not', { delivery, path });
    else if (object.bytes !== bytes)
      yield report('object_differs', `it has ${object.bytes} bytes, the table says ${bytes}`, {
        delivery,
        path,
      });
  }
}

/** Bytes that no snapshot, no delivery and no recent writer needs. */
function* checkObjects({ objects, manifests, data, quarantine, entries, now }: Audited, report: Report) {
  const open = entries
    .filter(({ state }) => state === 'written')
    .map(({ delivery }) => manifests.get(delivery));
  const pending = open.flatMap((manifest) => [...(manifest?.data ?? []), ...(manifest?.quarantine ?? [])]);
  const documents = entries.flatMap(({ manifest, delivery }) =>
    manifest ? [manifest, companionPath({ manifest, delivery })] : [],
  );
  const needed = new Set([...pending.map(({ path }) => path), ...documents]);
  for (const { path, bytes, modified } of objects) {
    if (data.kept.has(path) || quarantine.kept.has(path) || needed.has(path)) continue;
    if (now.getTime() - modified.getTime() > LONG)
      yield report('orphan', `${bytes} bytes that nothing refers to`, { path });
  }
}
